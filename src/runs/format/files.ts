/** The storage of a run's folder: the file system of Node, the browser's origin-private file system, or a zip (read only). */

export interface FileInfo {
  /** The name in its folder. */
  readonly name: string
  readonly bytes: number
}

/** The files of one run, for reading. Paths are relative to the run's folder and have `/`. */
export interface RunFiles {
  /** The contents of a file as they are now; null where there is none. Parts of it are read on demand. */
  readonly read: (path: string) => Promise<Blob | null>
  /** The complete files in a folder of the run: `''` for its own, `checkpoints` or `resume`; none where it is missing. */
  readonly list: (folder: string) => Promise<readonly FileInfo[]>
}

/** A file that only grows. Its methods throw when the storage refuses. */
export interface AppendFile {
  /** Bytes so far. */
  readonly length: () => number
  /** Appends all of `data`, or throws and leaves the file with its earlier contents, perhaps with a part of `data`. */
  readonly append: (data: string | Uint8Array<ArrayBuffer>) => void
  /** Returns once everything that was appended is on the disk. */
  readonly sync: () => void
  readonly close: () => void
}

/** The files of one run, for its only writer. */
export interface WritableRunFiles extends RunFiles {
  /** Replaces a file: afterwards, also after a crash, it has the old contents or the new ones, never a part. Rejects when the storage refuses. */
  readonly replace: (path: string, data: string | Uint8Array<ArrayBuffer> | Blob) => Promise<void>
  /** Does nothing where there is no such file. */
  readonly remove: (path: string) => Promise<void>
  /** Opens a file to grow from `length` bytes; what it has beyond them is cut off. Creates it for `length` 0. Rejects where it is shorter. */
  readonly append: (path: string, length: number) => Promise<AppendFile>
}
