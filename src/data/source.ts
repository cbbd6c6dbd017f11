/** What the engine needs of a data set, wherever it comes from. */

import { messageOf } from '../message.ts'
import type { DataReport } from '../protocol/data-report.ts'
import type { ClassInfo } from '../protocol/environment.ts'

/** One decoded image: RGB, 8 bit, rows from the top; length = width · height · 3. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** An image file that could be decoded. */
export interface Decoded {
  /** In pixels, turned as its EXIF orientation asks. */
  readonly width: number
  readonly height: number
  /** Resized so that its shorter side has at most the pixels asked for; null where none were. */
  readonly image: Pixels | null
  /** Gives the image's memory back for others; it must not be looked at any more. Left out where nobody wants it. */
  readonly release?: () => void
}

/**
 * Decodes the bytes of an image file; rejects with a reason a person can read. `side` is the most pixels that the shorter
 * side of the result may have: infinite for the image as it is, 0 to learn only whether it can be decoded.
 */
export type Decode = (bytes: Uint8Array, side: number) => Promise<Decoded>

/** A kept image, whose rows are read where they lie. */
export interface StoredImage {
  readonly width: number
  readonly height: number
  /** Reads `rows` rows from `top` on into `out`: rows · width · 3 bytes. Throws DataError where they are gone. */
  readonly readRows: (top: number, rows: number, out: Uint8Array) => void
}

/** An image of a set as a file. */
export interface ImageFile {
  readonly path: string
  /** SHA-256, hexadecimal; null where it was not read yet. */
  readonly hash: string | null
  /** In pixels; null likewise. */
  readonly size: { readonly width: number; readonly height: number } | null
  /** Reads and decodes it; `keep` may want its pixels. Never rejects. */
  readonly take: (keep: Keep | null) => Promise<Check>
}

/** Labelled images, read one at a time, in any order, as often as wanted. */
export interface Split {
  /** Class index of each image. */
  readonly labels: Int32Array
  /** With a shorter side of at most `side` pixels. Rejects with DataError naming the file, or with AbortError. */
  readonly read: (index: number, signal?: AbortSignal, side?: number) => Promise<Pixels>
  /** Where images are files. */
  readonly file?: (index: number) => ImageFile
  /** Where images are kept already: with the shorter side that the set was prepared for. */
  readonly stored?: (index: number) => StoredImage | null
  /** True where what `read` gives lies in memory anyway. */
  readonly inMemory?: boolean
}

export interface ImageSet {
  readonly report: DataReport
  readonly classes: readonly ClassInfo[]
  readonly train: Split
  readonly validation: Split
  /** Keeps what reading its files has shown since it was opened. */
  readonly remember?: () => Promise<void>
}

/** What an image file says of itself in its first bytes. */
export interface ImageHeader {
  readonly format: 'jpeg' | 'png' | 'gif' | 'webp' | 'bmp'
  /** How colors are stored; null where the format or the file does not tell early on. */
  readonly color: 'rgb' | 'grey' | 'cmyk' | 'palette' | null
  /** In pixels, before any rotation that the file asks for; null likewise. */
  readonly size: { readonly width: number; readonly height: number } | null
}

/** What reading a file has shown: of an image that can be decoded; or the reason why it cannot. */
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
      /** True where the file could not be got at, which may pass; false where its contents are at fault. */
      readonly passing?: boolean
    }

/** Takes the pixels of images as they are read. */
export interface Keep {
  /** The most pixels of an image's shorter side. */
  readonly side: number
  readonly has: (hash: string) => boolean
  /** Never rejects: what cannot be kept is forgotten, and decoded again when it is needed. */
  readonly put: (hash: string, image: Pixels) => Promise<void>
}

/** Progress of a long read: files done of all; while files are still being looked for, how many were found of 0. */
export type OnProgress = (done: number, total: number) => void

/** A data set that cannot be used; the message names what and how to mend it. */
export class DataError extends Error {
  override name = 'DataError'
}

/** The first line of what an error says. */
export const reasonOf = (error: unknown): string => messageOf(error).split('\n')[0]
