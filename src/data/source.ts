/** The interface between datasets of every kind and the engine. */

import { messageOf } from '../message.ts'
import type { DataReport } from '../protocol/data-report.ts'
import type { ClassInfo, UsedImages } from '../protocol/environment.ts'

/** One decoded image: RGB, 8 bit, rows from the top; length = width · height · 3. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** An image file that could be decoded. */
export interface Decoded {
  /** In pixels, after the EXIF rotation. */
  readonly width: number
  readonly height: number
  /** Resized so that its shorter side has at most the requested pixels; null if 0 were requested. */
  readonly image: Pixels | null
  /** Returns the buffer to the pool; do not use it afterwards. Absent without a pool. */
  readonly release?: () => void
}

/**
 * Decodes the bytes of an image file; rejects with a readable reason. `side` limits the shorter side of the result, in
 * pixels: infinity returns the image at its own size, 0 only checks that the image can be decoded.
 */
export type Decode = (bytes: Uint8Array, side: number) => Promise<Decoded>

/** A cached image, whose rows are read on demand. */
export interface StoredImage {
  readonly width: number
  readonly height: number
  /** Reads `rows` rows from row `top` into `out`: rows · width · 3 bytes. Throws DataError if they cannot be read. */
  readonly readRows: (top: number, rows: number, out: Uint8Array) => void
}

/** An image of a dataset as a file. */
export interface ImageFile {
  readonly path: string
  /** SHA-256, hexadecimal; null before the file has been read. */
  readonly hash: string | null
  /** In pixels; null before the file has been read. */
  readonly size: { readonly width: number; readonly height: number } | null
  /** Whether it is known that the file cannot be read. */
  readonly isUnreadable?: boolean
  /** Reads and decodes the file, and writes its pixels to `cache` if they are missing there. Never rejects. */
  readonly check: (cache: CacheWriter | null) => Promise<Check>
}

/** Labeled images, which can be read one at a time, in any order and repeatedly. */
export interface Split {
  /** Class index of each image. */
  readonly labels: Int32Array
  /** Reads an image with a shorter side of at most `side` pixels. Rejects with DataError naming the file, or with AbortError. */
  readonly read: (index: number, signal?: AbortSignal, side?: number) => Promise<Pixels>
  /** The image's file; absent if images are not files. */
  readonly file?: (index: number) => ImageFile
  /** The cached image, with the shorter side that the run was prepared for; null or absent if it is not cached. */
  readonly stored?: (index: number) => StoredImage | null
  /** True if `read` returns memory that the dataset holds anyway. */
  readonly inMemory?: boolean
}

/** Classes and splits of a dataset. */
export interface Drawn {
  readonly classes: readonly ClassInfo[]
  readonly train: Split
  readonly validation: Split
}

export interface ImageSet extends Drawn {
  readonly report: DataReport
  /**
   * All listed images, of which a run draws its own: also those that cannot be read. So the images of a run do not depend on
   * what has been read by then. Absent where images are not files, and in sets of runs of earlier versions.
   */
  readonly listed?: Drawn
  /** The order in which a run's images take the place of those that cannot be read; absent before a run's images were drawn. */
  readonly order?: DrawOrder
  /** Draws the run's images again, with what is known by now of those that cannot be read; absent before they were drawn. */
  readonly redraw?: () => Promise<ImageSet>
  /** What identifies the run's own images; absent before they were read. */
  readonly used?: UsedImages
  /** Aborted with a DataError once the source is gone or has changed. */
  readonly lost?: AbortSignal
  /** Saves the results of the checks made since the dataset was opened. */
  readonly remember?: () => Promise<void>
  /** Reads the images that were not read yet; resolves with the set and all that is known of it then. Absent where images are not files. */
  readonly audit?: (options: AuditOptions) => Promise<ImageSet>
  /** The set with what is known of its images by now. */
  readonly asKnown?: () => Promise<ImageSet>
  /**
   * The set as earlier versions drew from it: splits and selections among the images that could be read (all must have been
   * read), or among all that are listed, where the check was skipped.
   */
  readonly asBefore?: (among: 'readable' | 'listed') => Promise<ImageSet>
}

/** Images of a run in the order in which they are drawn. */
export interface DrawOrder {
  readonly train: SplitOrder
  readonly validation: SplitOrder
  /** Whether the classes were named: one without readable images is then an error, and otherwise left out. */
  readonly areClassesNamed: boolean
}

export interface SplitOrder {
  /** The split that the indices mean. */
  readonly from: Split
  /** Indices of each class, in the order in which they are drawn. */
  readonly ofClass: readonly (readonly number[])[]
  /** The most images of a class; null for all. */
  readonly perClass: number | null
}

export interface AuditOptions {
  /** Opens a cache for the pixels of the images; resolves with null if they are not cached. */
  readonly cache?: OpenWriter
  readonly onProgress: OnProgress
  readonly signal: AbortSignal
  /** Waits before an image is read, so that others come first. The images are then read one at a time. */
  readonly turn?: (signal: AbortSignal) => Promise<void>
}

export type OpenWriter = (source: string, images: number) => Promise<CacheWriter | null>

/** Facts from the first bytes of an image file. */
export interface ImageHeader {
  readonly format: 'jpeg' | 'png' | 'gif' | 'webp' | 'bmp'
  /** How colors are stored; null if the first bytes do not show it. */
  readonly color: 'rgb' | 'grey' | 'cmyk' | 'palette' | null
  /** In pixels, before the EXIF rotation; null if the first bytes do not show it. */
  readonly size: { readonly width: number; readonly height: number } | null
}

/** The result of reading and decoding a file: the image's facts, or the reason why it cannot be used. */
export type Check =
  | {
      readonly width: number
      readonly height: number
      /** SHA-256 of the file, hexadecimal. */
      readonly hash: string
      readonly header: ImageHeader | null
    }
  | {
      readonly reason: string
      /** SHA-256 of the file, hexadecimal; absent if it could not be read. */
      readonly content?: string
      /** True if the failure may be temporary, for example if the file could not be read; false if its contents are damaged. */
      readonly passing?: boolean
    }

/** Stores the pixels of images as they are decoded. */
export interface CacheWriter {
  /** The most pixels of an image's shorter side. */
  readonly side: number
  readonly has: (hash: string) => boolean
  /** Never rejects: an image that cannot be written is decoded again when it is needed. */
  readonly put: (hash: string, image: Pixels) => Promise<void>
}

/** Progress of a long read: files done and their total. A total of 0 means that files are still being listed. */
export type OnProgress = (done: number, total: number) => void

/** A dataset that cannot be used; the message names the cause and the cure. */
export class DataError extends Error {
  override name = 'DataError'
}

/** A failure of a decoder that says nothing about the image: another attempt can succeed. */
export class PassingError extends Error {
  override name = 'PassingError'
}

/** The first line of an error's message. */
export const reasonOf = (error: unknown): string => messageOf(error).split('\n')[0]
