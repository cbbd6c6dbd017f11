/** Lists the files of a .zip with zip.js, in the browser and in Node; the files are read in place. */
import { BlobReader, type DirectoryEntry, type FileEntry, ZipReader } from '@zip.js/zip.js'
import { isImage, type Listing, type OnFound, pause, readingReason, type Unpack } from '../entry.ts'
import { DataError } from '../source.ts'
import { type Item, listingOf } from './items.ts'
import { tooLarge } from './limits.ts'
import { nothingLeft } from './listing.ts'
import { decodeName, isArchiveName } from './paths.ts'
import {
  methods,
  methodText,
  packedBlob,
  readZipFile,
  shortestHeader,
  unpackChecked,
  type ZipFile,
} from './zip-file.ts'

/** Files between two progress reports. */
const reportEvery = 1024

/** Bytes behind the end of an archive in which its list of files is still found. */
const mostAppended = 2 ** 20

/** A listed file. An entry of zip.js takes several kilobytes, and archives can have a hundred thousand files. */
interface Listed extends ZipFile {
  readonly name: string
  /** The lowest position at which it can end. */
  readonly end: number
  readonly encrypted: boolean
  readonly isLink: boolean
  readonly reason: string | null
}

/** Bits of a Unix mode that distinguish files, links, devices and pipes. */
const fileType = 0xf000
const [symbolicLink, regularFile] = [0xa000, 0x8000]

/** Systems whose programs write their own separators: DOS, OS/2, Windows in both numberings, and VFAT. */
const backslashSystems = [0, 6, 10, 11, 14]

const isFromWindows = ({ versionMadeBy }: Pick<FileEntry, 'versionMadeBy'>) =>
  backslashSystems.includes(versionMadeBy >> 8)

const typeOf = (file: FileEntry) => (file.msDosCompatible ? 0 : ((file.externalFileAttributes ?? 0) >>> 16) & fileType)

/** Most bytes of a symbolic link's target. */
const longestTarget = 4096

function refusalOf(file: FileEntry, path: string): string | null {
  const type = typeOf(file)
  if (type !== 0 && type !== regularFile && type !== symbolicLink) return 'a device or a pipe, not a file'
  if (file.encrypted) return 'the file is encrypted'
  if (file.compressionMethod !== methods.stored && file.compressionMethod !== methods.deflated)
    return `unsupported compression method ${methodText(file.compressionMethod)}; pack it again with Deflate`
  if (type === symbolicLink)
    return file.uncompressedSize > longestTarget
      ? `a symbolic link whose target is longer than ${longestTarget} bytes`
      : null
  return isImage({ path }) ? tooLarge(file.compressedSize, file.uncompressedSize) : null
}

function listed(file: FileEntry): Listed {
  const name = isFromWindows(file) ? file.filename.replaceAll('\\', '/') : file.filename
  return {
    name,
    reason: refusalOf(file, name),
    offset: file.offset,
    nameLength: file.rawFilename.length,
    end: file.offset + shortestHeader + file.rawFilename.length + file.compressedSize,
    method: file.compressionMethod,
    packed: file.compressedSize,
    unpacked: file.uncompressedSize,
    checksum: (file.crc32 ?? 0) >>> 0,
    encrypted: file.encrypted,
    isLink: typeOf(file) === symbolicLink,
  }
}

/** zip.js recognizes folders by their slash, their Unix mode and, for DOS only, their attribute. */
const isFolder = (entry: FileEntry | DirectoryEntry): entry is DirectoryEntry =>
  entry.directory || (isFromWindows(entry) && entry.msdosAttributes?.directory === true)
/** Reads the list of files. A truncated list gives the files before the end, and the reason in `broken`. */
async function filesOf(blob: Blob, signal: AbortSignal | undefined, onFound: OnFound | undefined) {
  const reader = new ZipReader(new BlobReader(blob), {
    useWebWorkers: false,
    filenameValidation: 'tolerant',
    maxAppendedDataSize: mostAppended,
    extractAppendedData: true,
    decodeText: (bytes) => decodeName(bytes),
  })
  const files: Listed[] = []
  const folders: string[] = []
  let first = blob.size
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      first = Math.min(first, entry.offset)
      if (isFolder(entry)) folders.push(entry.filename)
      if (isFolder(entry) || files.push(listed(entry)) % reportEvery !== 0) continue
      onFound?.(files.length)
      await pause()
      signal?.throwIfAborted()
    }
    return { files, folders, first, broken: null, appended: reader.appendedData ?? new Uint8Array(0) }
  } catch (error) {
    signal?.throwIfAborted()
    return { files, folders, first, broken: readingReason(error), appended: new Uint8Array(0) }
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
  if (file.method === methods.stored) return packed
  return unpackChecked(packed, file, unpack, signal)
}

async function itemOf(listed: Listed, blob: Blob): Promise<Item> {
  const { name, reason, isLink, end, encrypted, ...file } = listed
  if (reason) return { name, reason }
  if (isLink) return linkOf(name, blob, file)
  const inner = isArchiveName(name) ? { unpacked: unpacker(file, blob) } : {}
  const place = [file.offset, file.packed, file.unpacked, file.checksum].join(' ')
  return { name, file: { size: file.unpacked, place, read: () => readZipFile(blob, file), ...inner } }
}

/** A symbolic link's content is its target. */
async function linkOf(name: string, blob: Blob, file: ZipFile): Promise<Item> {
  try {
    return { name, target: decodeName(await readZipFile(blob, file)), hard: false }
  } catch (error) {
    return { name, reason: `a symbolic link that cannot be read: ${readingReason(error)}` }
  }
}

/** Bytes that mark one of several parts; they can also be at the start of a whole archive. */
const partMark = 4

/** Notes about bytes before the first file, which belong to a program, or to an archive that another one follows. */
async function bytesBefore(blob: Blob, name: string, first: number): Promise<string[]> {
  if (first <= partMark || first === blob.size) return []
  const mark = await blob.slice(0, 4).text()
  const other = mark === 'PK\x03\x04' ? '; they look like another zip' : ''
  return [`${name}: its first ${first} bytes are not part of the zip and are not read${other}.`]
}

/** A note about bytes behind the end, other than padding. */
function bytesBehind(name: string, appended: Uint8Array): string[] {
  const start = appended.findIndex((byte) => byte !== 0)
  if (start < 0) return []
  const count = appended.length - start
  return [`${name}: the last ${count === 1 ? 'byte is' : `${count} bytes are`} behind its end and no part of the zip.`]
}

/** The error for a zip without a list of files. */
function unlisted(name: string, broken: string): DataError {
  if (/split zip/i.test(broken))
    return new DataError(`${name} is one part of a split zip; join its parts (zip -s 0) or unpack it`)
  return new DataError(`${name} cannot be read as a zip archive (${broken}); pack it again`)
}

/**
 * Lists the files of a zip. Refuses links that lead to no file, unsafe names, zip bombs and encrypted files. Throws
 * DataError if the whole archive is damaged or encrypted, or AbortError.
 */
export async function zipListing(blob: Blob, name: string, signal?: AbortSignal, onFound?: OnFound): Promise<Listing> {
  const { files, folders, first, broken, appended } = await filesOf(blob, signal, onFound)
  if (broken && files.length === 0) throw unlisted(name, broken)
  if (files.length > 0 && files.every(({ encrypted }) => encrypted))
    throw new DataError(`${name} is encrypted; unpack it and use the folder`)
  const shared = overlapping(files)
  const items: Item[] = broken ? [{ name, reason: `the list of its files is incomplete: ${broken}` }] : []
  for (const file of files) {
    const overlaps = shared.has(file) ? 'it shares bytes with another file of the archive' : null
    items.push(await itemOf({ ...file, reason: file.reason ?? overlaps }, blob))
  }
  const { entries, refused } = listingOf(items, folders)
  if (entries.length === 0 && refused.length > 0) throw nothingLeft(refused, name)
  const notes = broken ? [] : [...(await bytesBefore(blob, name, first)), ...bytesBehind(name, appended)]
  return { entries, refused, notes }
}
