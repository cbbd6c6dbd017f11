/** A .zip as entries, read where they lie; by zip.js, which reads from Blobs in the browser and in Node alike. */
import { BlobReader, type FileEntry, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import type { Entry } from './entry.ts'
import { DataError } from './source.ts'

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Throws DataError for a broken or encrypted archive. */
export async function zipEntries(blob: Blob, name: string): Promise<Entry[]> {
  const found = await new ZipReader(new BlobReader(blob), { useWebWorkers: false }).getEntries().catch((error) => {
    throw new DataError(`${name} cannot be read as a zip archive (${reasonOf(error)}); pack it again`)
  })
  const files = found.filter((entry): entry is FileEntry => !entry.directory)
  if (files.some(({ encrypted }) => encrypted))
    throw new DataError(`${name} is encrypted; unpack it and drop the folder`)
  return files.map((file) => ({
    path: file.filename,
    size: file.uncompressedSize,
    read: () => file.getData(new Uint8ArrayWriter(), { useWebWorkers: false, checkSignature: true }),
  }))
}
