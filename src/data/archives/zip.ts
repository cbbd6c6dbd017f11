/** Lists the files of a .zip with zip.js, in the browser and in Node; the files are read in place. */
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

/** Files between two progress reports. */
const reportEvery = 1024

/** A listed file. An entry of zip.js takes several kilobytes, and archives can have a hundred thousand files. */
interface Listed extends ZipFile {
  readonly path: string
  /** The lowest position at which it can end. */
  readonly end: number
  readonly encrypted: boolean
  readonly reason: string | null
}

/** Bits of a Unix mode that distinguish files, links, devices and pipes. */
const fileType = 0xf000
const [symbolicLink, regularFile] = [0xa000, 0x8000]

function refusalOf(file: FileEntry, path: string): string | null {
  const type = file.msDosCompatible ? 0 : ((file.externalFileAttributes ?? 0) >>> 16) & fileType
  if (type === symbolicLink) return 'a symbolic link, not a file'
  if (type !== 0 && type !== regularFile) return 'a device or a pipe, not a file'
  if (file.encrypted) return 'the file is encrypted'
  if (file.compressionMethod !== methods.stored && file.compressionMethod !== methods.deflated)
    return `unsupported compression method ${file.compressionMethod}; pack it again with Deflate`
  return isImage({ path }) ? tooLarge(file.compressedSize, file.uncompressedSize) : null
}

function listed(file: FileEntry): Listed {
  // Archives made on Windows can have its separators.
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

/** Reads the list of files. A truncated list gives the files before the end, and the reason in `broken`. */
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

/** Finds files that share bytes with others; zip bombs overlap files to unpack to far more than their size. */
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
  const place = [path, file.offset, file.packed, file.unpacked, file.checksum].join(' ')
  return { path, size: file.unpacked, place, read: () => readZipFile(blob, file), ...inner }
}

/**
 * Lists the files of a zip. Refuses links, unsafe names, zip bombs and encrypted files. Throws DataError if the whole archive
 * is damaged or encrypted, or AbortError.
 */
export async function zipListing(blob: Blob, name: string, signal?: AbortSignal, onFound?: OnFound): Promise<Listing> {
  const { files, broken } = await filesOf(blob, signal, onFound)
  if (broken && files.length === 0)
    throw new DataError(`${name} cannot be read as a zip archive (${broken}); pack it again`)
  if (files.length > 0 && files.every(({ encrypted }) => encrypted))
    throw new DataError(`${name} is encrypted; unpack it and use the folder`)
  const shared = overlapping(files)
  const entries: Entry[] = []
  const refused: Refused[] = broken ? [{ path: name, reason: `the list of its files is incomplete: ${broken}` }] : []
  for (const file of files) {
    const overlaps = shared.has(file) ? 'it shares bytes with another file of the archive' : null
    const reason = file.reason ?? overlaps
    if (reason) refused.push({ path: file.path, reason })
    else if (file.path !== '') entries.push(entryOf(file, blob))
  }
  if (entries.length === 0 && refused.length > 0) throw nothingLeft(refused, name)
  return withoutDoubles({ entries, refused })
}
