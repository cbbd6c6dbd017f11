/** A file somewhere: in a folder, an archive, or dropped on the page. */
export interface Entry {
  /** Inside the source, with `/`. */
  readonly path: string
  /** In bytes; 0 where it is not known before reading. */
  readonly size: number
  readonly read: () => Promise<Uint8Array>
  /** The same bytes where they lie, for an archive within an archive. */
  readonly blob?: () => Blob
  /** Changes when the file does: its size and time of change, or those of the archive it lies in. */
  readonly stamp?: string
  /** The class of an image whose source names it beside the image rather than by a folder. */
  readonly classId?: string
}

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
