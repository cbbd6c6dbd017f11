/** Files as a source lists them, and what was refused among them. */

/** A file somewhere: in a folder, an archive, or dropped on the page. */
export interface Entry {
  /** Inside the source, with `/`. */
  readonly path: string
  /** In bytes; 0 where it is not known before reading. */
  readonly size: number
  /** Rejects with a reason a person can read. */
  readonly read: () => Promise<Uint8Array>
  /** The same bytes where they lie, for an archive within an archive. */
  readonly blob?: () => Blob
  /** The same for one that lies compressed: `keep` puts it where it can be read by ranges. */
  readonly unpacked?: (keep: Keep, signal: AbortSignal) => Promise<Blob>
  /** Changes when the file does: its size and time of change, or those of the archive it lies in. */
  readonly stamp?: string
  /** The class of an image whose source names it beside the image rather than by a folder. */
  readonly classId?: string
}

/** Puts a stream where it can be read by ranges. Rejects with DataError where that takes more room than there is. */
export type Keep = (content: ReadableStream<Uint8Array>, compressedSize: number, signal: AbortSignal) => Promise<Blob>

/** A file that is left out, and why. */
export interface Refused {
  readonly path: string
  readonly reason: string
}

export interface Listing {
  readonly entries: readonly Entry[]
  readonly refused: readonly Refused[]
}

/** Files found so far, while a source is listed. */
export type OnFound = (count: number) => void

export const entryName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const imageNames = /\.(jpe?g|png|webp|gif|bmp)$/i

export const isImage = ({ path, classId }: Pick<Entry, 'path' | 'classId'>): boolean =>
  classId !== undefined || imageNames.test(path)

/** What operating systems leave behind in folders and archives. */
export const isClutter = (path: string): boolean =>
  path
    .split('/')
    .some((part) => part.startsWith('.') || part === '__MACOSX' || part === 'Thumbs.db' || part === 'desktop.ini')

/** A set of entries reads as text, for small files. */
export const readText = async (entry: Entry): Promise<string> => new TextDecoder().decode(await entry.read())

/** By the name of a browser's DOMException, or the code of a system's error. */
const readingReasons: Readonly<Record<string, string>> = {
  NotReadableError: 'the file has changed since it was listed, or cannot be read any more',
  NotFoundError: 'the file is gone',
  NotAllowedError: 'permission to read the file was withdrawn',
  SecurityError: 'permission to read the file was withdrawn',
  ENOENT: 'the file is gone',
  ENOTDIR: 'the file is gone',
  ESTALE: 'the file is gone',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EIO: 'the disk or the network fails to read it',
  EBUSY: 'another program keeps it locked',
  EMFILE: 'too many files are open on this machine',
  ENFILE: 'too many files are open on this machine',
  ELOOP: 'a link that leads back to itself',
  ENAMETOOLONG: 'its path is too long for this system',
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Why a file cannot be read, in words; the first line of the error's own where it is none of the known. */
export function readingReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return readingReasons[codeOf(error)] ?? readingReasons[error.name] ?? error.message.split('\n')[0]
}

/** Errors of `work` in words. An AbortError stays one. */
export async function inWords<T>(work: () => Promise<T>, say: (reason: string) => string = (text) => text): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    throw new Error(say(readingReason(error)), { cause: error })
  }
}

/** Lets other work of the thread go first. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
