/** The files in a zip of runs. A zip may come from anywhere: paths, sizes and ratios are checked before anything is unpacked. */
import { BlobReader, type Entry, type FileEntry, ZipReader } from '@zip.js/zip.js'
import { messageOf } from '../message.ts'
import { RunError } from './format/run-error.ts'

/** A file of a dropped or chosen item, which is read on request. */
export interface RunPart {
  /** The path inside the item, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly read: () => Promise<Blob>
}

const mebibyte = 2 ** 20

const limits = {
  entries: 200_000,
  /** Most bytes of one file when unpacked. */
  fileBytes: 64 * 1024 * mebibyte,
  /** Unpacked bytes up to which every ratio is accepted. */
  freeBytes: 256 * mebibyte,
  /** Highest ratio of unpacked to packed size. Logs and tables stay below 30; weights do not shrink. */
  ratio: 200,
} as const

const isOutside = (path: string): boolean =>
  path.startsWith('/') || /[\\\0]|^[A-Za-z]:/.test(path) || path.split('/').includes('..')

const isFile = (entry: Entry): entry is FileEntry => !entry.directory

/** Why a zip with these entries is not opened, or null. */
function zipProblem(entries: readonly FileEntry[], packed: number): string | null {
  if (entries.length > limits.entries) return `it has more than ${limits.entries} files`
  const outside = entries.find(({ filename }) => isOutside(filename))
  if (outside) return `its file ${outside.filename.slice(0, 80)} would lie outside of its folder`
  const names = new Set<string>()
  for (const { filename } of entries) {
    if (names.has(filename)) return `it has two files ${filename.slice(0, 80)}`
    names.add(filename)
  }
  const locked = entries.find(({ encrypted }) => encrypted)
  if (locked) return `its file ${locked.filename.slice(0, 80)} is encrypted`
  const unpacked = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  if (unpacked > limits.freeBytes && unpacked > limits.ratio * packed)
    return `it would unpack to more than ${limits.ratio} times its size`
  if (entries.some(({ uncompressedSize }) => uncompressedSize > limits.fileBytes))
    return 'it has a file of more than 64 GiB'
  return null
}

/** Passes bytes through, and fails where there are more than the zip's list says. */
function bounded(path: string, bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.length
      if (seen > bytes) controller.error(new RunError(`${path} unpacks to more bytes than the zip says`))
      else controller.enqueue(chunk)
    },
  })
}

async function unpacked(entry: FileEntry): Promise<Blob> {
  const through = bounded(entry.filename, entry.uncompressedSize)
  const [blob] = await Promise.all([new Response(through.readable).blob(), entry.getData(through.writable)])
  return blob
}

const partOf = (entry: FileEntry): RunPart => {
  let blob: Promise<Blob> | null = null
  return {
    path: entry.filename,
    bytes: entry.uncompressedSize,
    read: () => {
      blob ??= unpacked(entry).catch((error) => {
        blob = null
        throw new RunError(`${entry.filename} in the zip is damaged (${messageOf(error)}); export or download it again`)
      })
      return blob
    },
  }
}

async function entriesOf(zip: Blob, name: string): Promise<FileEntry[]> {
  try {
    const reader = new ZipReader(new BlobReader(zip), { useWebWorkers: false, checkSignature: true })
    return (await reader.getEntries()).filter(isFile)
  } catch (error) {
    throw new RunError(`${name} is damaged or not a zip (${messageOf(error)}); export or download it again`)
  }
}

/** The files of a zip, which are unpacked on request. Rejects with RunError for a damaged or a suspicious zip. */
export async function zipParts(zip: Blob, name: string): Promise<RunPart[]> {
  const entries = await entriesOf(zip, name)
  const problem = zipProblem(entries, zip.size)
  if (problem) throw new RunError(`${name} is no zip of runs: ${problem}`)
  return entries.map(partOf)
}
