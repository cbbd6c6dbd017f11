/** What the engine needs of a data set, wherever it comes from. */
import type { ClassInfo, DataReport } from '../events.ts'

/** One decoded image: RGB, 8 bit, rows from the top; length = width · height · 3. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** Turns the bytes of an image file into pixels; rejects with a reason a person can read. */
export type Decode = (bytes: Uint8Array) => Promise<Pixels>

/** Labelled images, read one at a time, in any order, as often as wanted. */
export interface Split {
  /** Class index of each image. */
  readonly labels: Int32Array
  /** Rejects with DataError naming the file, or with AbortError. */
  read(index: number, signal?: AbortSignal): Promise<Pixels>
}

export interface ImageSet {
  readonly report: DataReport
  readonly classes: readonly ClassInfo[]
  readonly train: Split
  readonly validation: Split
}

/** Progress of a long read: files done of all. */
export type OnProgress = (done: number, total: number) => void

/** A data set that cannot be used; the message names what and how to mend it. */
export class DataError extends Error {
  override name = 'DataError'
}
