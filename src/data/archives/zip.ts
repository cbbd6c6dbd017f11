/** A .zip as entries. zip.js reads the list of its files, in the browser and in Node alike; files are read where they lie. */
import { BlobReader, type FileEntry, ZipReader } from '@zip.js/zip.js'
import {
  type Entry,
  isImage,
  type Listing,
  type OnFound,
  pause,
  type Refused,
  readingReason,
  type Unpack,
} from '../entry.ts'
import { DataError } from '../source.ts'
import { tooLarge } from './limits.ts'
import { nothingLeft, withoutDoubles } from './listing.ts'
import { decodeName, isArchiveName, safePath } from './paths.ts'
import { inflated, methods, packedBlob, readZipFile, shortestHeader, type ZipFile } from './zip-file.ts'

/** Files between two reports of how many there are. */
const reportEvery = 1024

/** A file that is listed; zip.js's own entry is some kilobytes, and archives have a hundred thousand. */
interface Listed extends ZipFile {
  readonly path: string
  /** Where it ends at least. */
  readonly end: number
  readonly encrypted: boolean
  readonly reason: string | null
}

/** Bits of a Unix mode that tell files from links, devices and pipes. */
const fileType = 0xf000
const [symbolicLink, regularFile] = [0xa000, 0x8000]

function refusalOf(file: FileEntry, path: string): string | null {
  const type = file.msDosCompatible ? 0 : ((file.externalFileAttributes ?? 0) >>> 16) & fileType
  if (type === symbolicLink) return 'a symbolic link, no file of its own'
  if (type !== 0 && type !== regularFile) return 'a device or a pipe, no file'
  if (file.encrypted) return 'it is encrypted'
  if (file.compressionMethod !== methods.stored && file.compressionMethod !== methods.deflated)
    return `packed by a method that is not read (${file.compressionMethod}); pack it again`
  return isImage({ path }) ? tooLarge(file.compressedSize, file.uncompressedSize) : null
}

function listed(file: FileEntry): Listed {
  // Windows' separators are those of archives made there.
  const name = file.msDosCompatible ? file.filename.replaceAll('\\', '/') : file.filename
  const safe = safePath(name)
  return {
    path: safe.path,
    reason: 'reason' in safe ? safe.reason : refusalOf(file, safe.path),
    offset: file.offset,
    nameLength: file.rawFilename.length,
    end: file.offset + shortestHeader + file.rawFilename.length + file.compressedSize,
    method: file.compressionMethod,
    packed: file.compressedSize,
    unpacked: file.uncompressedSize,
    checksum: (file.crc32 ?? 0) >>> 0,
    encrypted: file.encrypted,
  }
}

/** Files until the list of them ends, or breaks off. */
async function filesOf(blob: Blob, signal: AbortSignal | undefined, onFound: OnFound | undefined) {
  const reader = new ZipReader(new BlobReader(blob), {
    useWebWorkers: false,
    filenameValidation: 'tolerant',
    decodeText: (bytes) => decodeName(bytes),
  })
  const files: Listed[] = []
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (entry.directory || files.push(listed(entry)) % reportEvery !== 0) continue
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

/** Files whose bytes are those of others, too, as in archives made to unpack to far more than they hold. */
function overlapping(files: readonly Listed[]): Set<Listed> {
  const found = new Set<Listed>()
  let last: Listed | undefined
  for (const file of [...files].sort((a, b) => a.offset - b.offset)) {
    if (last && file.offset < last.end) found.add(last).add(file)
    if (!last || file.end > last.end) last = file
  }
  return found
}

/** Reads a stored archive in place, and unpacks a deflated one. */
const unpacker = (file: ZipFile, blob: Blob) => async (unpack: Unpack, signal: AbortSignal) => {
  const packed = await packedBlob(blob, file)
  return file.method === methods.stored ? packed : unpack(inflated(packed.stream()), file.packed, signal)
}

function entryOf({ path, ...file }: Listed, blob: Blob): Entry {
  const inner = isArchiveName(path) ? { unpacked: unpacker(file, blob) } : {}
  return { path, size: file.unpacked, read: () => readZipFile(blob, file), ...inner }
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
    const overlaps = shared.has(file) ? 'it shares its bytes with another file of the archive' : null
    const reason = file.reason ?? overlaps
    if (reason) refused.push({ path: file.path, reason })
    else if (file.path !== '') entries.push(entryOf(file, blob))
  }
  if (entries.length === 0 && refused.length > 0) throw nothingLeft(refused, name)
  return withoutDoubles({ entries, refused })
}
