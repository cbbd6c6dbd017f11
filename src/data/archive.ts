/** Archives, told apart by their content. */
import type { Entry } from './entry.ts'
import { DataError } from './source.ts'
import { isTar, tarEntries } from './tar.ts'
import { zipEntries } from './zip.ts'

/** The entries of a .zip or .tar. Throws DataError for anything else, with the cure. */
export async function archiveEntries(blob: Blob, name: string): Promise<Entry[]> {
  const head = new Uint8Array(await blob.slice(0, 512).arrayBuffer())
  if (head.length === 0) throw new DataError(`${name} is empty`)
  if (head[0] === 0x50 && head[1] === 0x4b) return zipEntries(blob, name)
  if (isTar(head)) return tarEntries(blob, name)
  if (head[0] === 0x1f && head[1] === 0x8b)
    throw new DataError(`${name} is compressed with gzip; unpack it to a .tar or a folder first`)
  throw new DataError(`${name} is no .zip or .tar archive; choose one of those, or a folder`)
}
