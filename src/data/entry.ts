/** The files that a source lists, and those that it refuses. */
import type { Identity } from './identity.ts'

/** A file in a folder, in an archive, or dropped on the page. */
export interface Entry {
  /** Path inside the source, with `/`. */
  readonly path: string
  /** In bytes; 0 if it is unknown before reading. */
  readonly size: number
  /** Rejects with a readable reason. */
  readonly read: () => Promise<Uint8Array>
  /** The file's bytes for reading by ranges, for archives. */
  readonly blob?: () => Blob
  /** The same for a compressed archive inside an archive, by way of `unpack`. */
  readonly unpacked?: (unpack: Unpack, signal: AbortSignal) => Promise<Blob>
  /** Identifies the file's bytes between visits; absent where nothing does. */
  readonly identity?: Identity
  /** The place of a file in its archive: name, position, sizes and checksum, as far as the archive states them. */
  readonly place?: string
  /** The image's class, if the source states it beside the image rather than by a folder. */
  readonly classId?: string
  /** Why a file beside the image that could state its class does not. */
  readonly unlabeled?: string
  /** All classes of the source in their order, if it lists them; the same array for all of its images. */
  readonly classList?: readonly string[]
}

/** Writes a stream to where it can be read by ranges. Rejects with DataError if there is not enough space. */
export type Unpack = (content: ReadableStream<Uint8Array>, packedSize: number, signal: AbortSignal) => Promise<Blob>

/** A file that is left out, with the reason. */
export interface Refused {
  readonly path: string
  readonly reason: string
}

export interface Listing {
  readonly entries: readonly Entry[]
  readonly refused: readonly Refused[]
  /** Facts about the source that a user should know and that leave out no file. */
  readonly notes?: readonly string[]
}

/** Called with the number of files found so far while a source is listed. */
export type OnFound = (count: number) => void

export const entryName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const imageNames = /\.(jpe?g|jpe|jfif|png|apng|webp|gif|bmp|dib)$/i

export const isImage = ({ path, classId }: Pick<Entry, 'path' | 'classId'>): boolean =>
  classId !== undefined || imageNames.test(path)

/** True for files that operating systems add to folders and archives. */
export const isClutter = (path: string): boolean =>
  path
    .split('/')
    .some((part) => part.startsWith('.') || part === '__MACOSX' || part === 'Thumbs.db' || part === 'desktop.ini')

/** The encoding that the first bytes of a text state. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

/** Reads a small file as text, in the Unicode form of the paths (NFC). */
export async function readText(entry: Entry): Promise<string> {
  const bytes = await entry.read()
  return new TextDecoder(encodingOf(bytes)).decode(bytes).normalize('NFC')
}

/** Reasons by the name of a browser's DOMException or the code of a system error. */
const readingReasons: Readonly<Record<string, string>> = {
  NotReadableError: 'the file has changed since it was listed, or is no longer readable',
  NotFoundError: 'the file is gone',
  NotAllowedError: 'permission to read the file was withdrawn',
  SecurityError: 'permission to read the file was withdrawn',
  ENOENT: 'the file is gone',
  ENOTDIR: 'the file is gone',
  ESTALE: 'the file is gone',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EIO: 'the disk or the network failed while reading it',
  EBUSY: 'another program has locked it',
  EMFILE: 'too many files are open on this machine',
  ENFILE: 'too many files are open on this machine',
  ELOOP: 'a circular link',
  ENAMETOOLONG: 'its path is too long for this system',
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** The reason why a file cannot be read; for unknown errors the first line of their message. */
export function readingReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return readingReasons[codeOf(error)] ?? readingReasons[error.name] ?? error.message.split('\n')[0]
}

/** Runs `work` and rethrows its errors with readable reasons. An AbortError passes unchanged. */
export async function inWords<T>(work: () => Promise<T>, say: (reason: string) => string = (text) => text): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    throw new Error(say(readingReason(error)), { cause: error })
  }
}

/** Yields to the thread's other tasks. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
