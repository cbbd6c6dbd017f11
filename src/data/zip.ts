/** A .zip as entries, read where they lie; by zip.js, which reads from Blobs in the browser and in Node alike. */
import { BlobReader, type FileEntry, Uint8ArrayWriter, ZipReader } from '@zip.js/zip.js'
import {
  type Entry,
  inWords,
  isImage,
  type Keep,
  type Listing,
  type OnFound,
  pause,
  type Refused,
  readingReason,
} from './entry.ts'
import { tooLarge } from './limits.ts'
import { nothingLeft, withoutDoubles } from './listing.ts'
import { decodeName, isArchiveName, safePath } from './paths.ts'
import { DataError } from './source.ts'

/** Files between two reports of how many there are. */
const reportEvery = 1024

const isFile = (entry: { readonly directory: boolean }): entry is FileEntry => !entry.directory

/** Files until the list of them ends, or breaks off. */
async function filesOf(blob: Blob, signal: AbortSignal | undefined, onFound: OnFound | undefined) {
  const reader = new ZipReader(new BlobReader(blob), {
    useWebWorkers: false,
    filenameValidation: 'tolerant',
    decodeText: (bytes) => decodeName(bytes),
  })
  const files: FileEntry[] = []
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (!isFile(entry) || files.push(entry) % reportEvery !== 0) continue
      onFound?.(files.length)
      await pause()
      signal?.throwIfAborted()
    }
    return { files, broken: null }
  } catch (error) {
    signal?.throwIfAborted()
    return { files, broken: readingReason(error) }
  }
}

/** Of headers in an archive without what can be of any length. */
const localHeader = 30

/** Files whose bytes are those of others, too, as in archives made to unpack to far more than they hold. */
function overlapping(files: readonly FileEntry[]): Set<FileEntry> {
  const found = new Set<FileEntry>()
  let last: FileEntry | undefined
  let end = 0
  for (const file of [...files].sort((a, b) => a.offset - b.offset)) {
    if (last && file.offset < end) found.add(last).add(file)
    const own = file.offset + localHeader + file.rawFilename.length + file.compressedSize
    if (own > end) [last, end] = [file, own]
  }
  return found
}

/** Bits of a Unix mode that tell files from links, devices and pipes. */
const fileType = 0xf000
const [symbolicLink, regularFile] = [0xa000, 0x8000]

/** What the archive's list has against a file, or null. */
function refusalOf(file: FileEntry, path: string, overlaps: boolean): string | null {
  const type = ((file.externalFileAttributes ?? 0) >>> 16) & fileType
  const fromUnix = !file.msDosCompatible
  if (fromUnix && type === symbolicLink) return 'a symbolic link, no file of its own'
  if (fromUnix && type !== 0 && type !== regularFile) return 'a device or a pipe, no file'
  if (file.encrypted) return 'it is encrypted'
  if (overlaps) return 'it shares its bytes with another file of the archive'
  return isImage({ path }) ? tooLarge(file.compressedSize, file.uncompressedSize) : null
}

/** Windows' separators are those of archives made there. */
const nameOf = ({ filename, msDosCompatible }: FileEntry) =>
  msDosCompatible ? filename.replaceAll('\\', '/') : filename

const damaged = (reason: string) => `damaged in its archive: ${reason}`

const reader = (file: FileEntry) => async () => {
  const reason = tooLarge(file.compressedSize, file.uncompressedSize)
  if (reason) throw new Error(reason)
  return inWords(() => file.getData(new Uint8ArrayWriter(), { useWebWorkers: false, checkSignature: true }), damaged)
}

/** A stored file's bytes where they lie, behind its own header; a deflated one's where `keep` puts them. */
const unpacker =
  (file: FileEntry, blob: Blob) =>
  async (keep: Keep, signal: AbortSignal): Promise<Blob> => {
    if (file.compressionMethod === 0) {
      const header = new DataView(await blob.slice(file.offset, file.offset + localHeader).arrayBuffer())
      if (header.byteLength < localHeader) throw new Error(damaged('its header is missing'))
      const from = file.offset + localHeader + header.getUint16(26, true) + header.getUint16(28, true)
      return blob.slice(from, from + file.compressedSize)
    }
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writing = file.getData(writable, { useWebWorkers: false, checkSignature: true, signal })
    const [kept] = await Promise.all([keep(readable, file.compressedSize, signal), writing])
    return kept
  }

function entryOf(file: FileEntry, blob: Blob, overlaps: boolean): Entry | Refused {
  const safe = safePath(nameOf(file))
  if ('reason' in safe) return safe
  const reason = refusalOf(file, safe.path, overlaps)
  if (reason) return { ...safe, reason }
  const inner = isArchiveName(safe.path) ? { unpacked: unpacker(file, blob) } : {}
  return { ...safe, size: file.uncompressedSize, read: reader(file), ...inner }
}

/**
 * The files of a zip. Links, unsafe names, bombs and encrypted files are refused. Throws DataError for an archive that is
 * broken or encrypted as a whole, or AbortError.
 */
export async function zipListing(blob: Blob, name: string, signal?: AbortSignal, onFound?: OnFound): Promise<Listing> {
  const { files, broken } = await filesOf(blob, signal, onFound)
  if (broken && files.length === 0)
    throw new DataError(`${name} cannot be read as a zip archive (${broken}); pack it again`)
  if (files.length > 0 && files.every(({ encrypted }) => encrypted))
    throw new DataError(`${name} is encrypted; unpack it and drop the folder`)
  const shared = overlapping(files)
  const entries: Entry[] = []
  const refused: Refused[] = broken ? [{ path: name, reason: `the list of its files breaks off: ${broken}` }] : []
  for (const file of files) {
    const found = entryOf(file, blob, shared.has(file))
    if ('reason' in found) refused.push(found)
    else if (found.path !== '') entries.push(found)
  }
  if (entries.length === 0 && refused.length > 0) throw nothingLeft(refused, name)
  return withoutDoubles({ entries, refused })
}
