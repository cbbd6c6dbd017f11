/** The storage of the runs in a zip: each one's files, for reading. Nothing in a zip is trusted. */
import { BlobReader, BlobWriter, type FileEntry, ZipReader } from '@zip.js/zip.js'
import { messageOf } from '../../message.ts'
import type { FileInfo, RunFiles } from './files.ts'

/** A run in a zip. */
export interface ZippedRun {
  /** The folder that the run has in the zip; empty for a run at the top. */
  readonly place: string
  /** Reads reject for a file that is damaged, and for one that would unpack to far more than its size. */
  readonly files: RunFiles
}

/** A file of a zip by its path with `/`. */
type Entries = ReadonlyMap<string, FileEntry>

const stored = 0
/** Length of a file's header in a zip without its fields of variable length. */
const shortestHeader = 30

/** Highest ratio of unpacked to packed size; text of a log reaches 20. */
const highestRatio = 200
/** Unpacked bytes up to which every ratio is accepted. */
const freeBytes = 2 ** 24

function refuseBomb({ filename, compressedSize, uncompressedSize }: FileEntry): void {
  if (uncompressedSize > freeBytes && uncompressedSize > compressedSize * highestRatio)
    throw new Error(`${filename} would unpack to more than ${highestRatio} times its size, so it is not read`)
}

/** Reads a whole file into `writer`. Rejects where it differs from its listed size or checksum. */
async function unpack<T>(entry: FileEntry, writer: WritableStream<Uint8Array<ArrayBuffer>> | BlobWriter): Promise<T> {
  try {
    refuseBomb(entry)
    return (await entry.getData(writer, { checkSignature: true, useWebWorkers: false })) as T
  } catch (error) {
    throw new Error(`${entry.filename} is damaged in the zip (${messageOf(error)}); export or download it again`)
  }
}

/** The bytes of a file that lies in the zip as it is, without reading them. */
async function storedBlob(zip: Blob, { offset, compressedSize }: FileEntry): Promise<Blob> {
  const header = new DataView(await zip.slice(offset, offset + shortestHeader).arrayBuffer())
  const from = offset + shortestHeader + header.getUint16(26, true) + header.getUint16(28, true)
  return zip.slice(from, from + compressedSize)
}

/** Reads a file of a zip: one that is not compressed lies on the disk still, once its checksum was found right. */
async function readEntry(zip: Blob, entry: FileEntry): Promise<Blob> {
  if (entry.compressionMethod !== stored || entry.encrypted) return unpack<Blob>(entry, new BlobWriter())
  await unpack(entry, new WritableStream())
  return storedBlob(zip, entry)
}

/** Most files that are kept after a read. */
const kept = 3

/** Remembers the files that were read last: a probe's units are a small part of a large one. */
function createReader(zip: Blob, entries: Entries): RunFiles['read'] {
  const recent = new Map<string, Promise<Blob>>()
  return async (path) => {
    const entry = entries.get(path)
    if (!entry) return null
    const found = recent.get(path) ?? readEntry(zip, entry)
    recent.delete(path)
    recent.set(path, found)
    for (const oldest of [...recent.keys()].slice(0, -kept)) recent.delete(oldest)
    return found
  }
}

const listOf = (entries: Entries, folder: string): FileInfo[] => {
  const before = folder === '' ? '' : `${folder}/`
  return [...entries].flatMap(([path, { uncompressedSize }]) => {
    const name = path.slice(before.length)
    return path.startsWith(before) && name !== '' && !name.includes('/') ? [{ name, bytes: uncompressedSize }] : []
  })
}

const pathOf = ({ filename }: FileEntry) => filename.replaceAll('\\', '/').replace(/^(\.\/)+/, '')

const log = 'events.jsonl'

function runAt(zip: Blob, all: Entries, path: string): ZippedRun {
  const before = path.slice(0, -log.length)
  const own = new Map(
    [...all].flatMap(([name, entry]) => (name.startsWith(before) ? [[name.slice(before.length), entry] as const] : [])),
  )
  return {
    place: before.replace(/\/+$/, ''),
    files: { read: createReader(zip, own), list: async (folder) => listOf(own, folder) },
  }
}

/** The runs of a zip, in the order of their places. Rejects for a file that is no whole zip. */
export async function zippedRuns(zip: Blob): Promise<ZippedRun[]> {
  const reader = new ZipReader(new BlobReader(zip), { useWebWorkers: false, filenameValidation: 'tolerant' })
  const entries = (await reader.getEntries()).filter((entry): entry is FileEntry => !entry.directory)
  const all = new Map(entries.toReversed().map((entry) => [pathOf(entry), entry]))
  return [...all.keys()]
    .filter((path) => path === log || path.endsWith(`/${log}`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((path) => runAt(zip, all, path))
}
