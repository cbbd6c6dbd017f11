/** The sources that the page sends to the worker, and the report on a dataset. Types only. */
import type { ClassOrder } from '../class-order.ts'
import type { LayoutName } from '../config/layout.ts'
import type { ClassInfo } from './environment.ts'

/** Images whose shorter side is at least `from` and below `to`, in pixels. */
export interface SizeBin {
  readonly from: number
  readonly to: number
  readonly images: number
  /** Sum over the images of longer side divided by shorter side. */
  readonly aspect: number
}

/** A cache of decoded images with a shorter side of at most `side` pixels. */
export interface CacheInfo {
  readonly id: string
  /** The dataset that filled the cache first. */
  readonly source: string
  readonly side: number
  readonly images: number
  /** Images that other versions of the decoders made. They are not used; the next run with this cache removes them. */
  readonly outdated: number
  readonly bytes: number
}

/** How the folders of a dataset were read. */
export interface LayoutReport {
  /** The value of `data.layout`. */
  readonly chosen: LayoutName
  /** The layout that was found, or the chosen one. */
  readonly found: LayoutName
  /** Where training and validation images and their classes were found. */
  readonly text: string
  /** Layouts that give another dataset, with the number of their classes and some of them. */
  readonly alternatives: readonly {
    readonly layout: LayoutName
    readonly classes: number
    readonly examples: readonly string[]
  }[]
  /** True if one of the alternatives could be meant; a note then says why. */
  readonly ambiguous: boolean
}

/** The contents of a dataset, as found by reading it. */
export interface DataReport {
  readonly source: string
  /** In their order: class i is row i of the classifier. */
  readonly classes: readonly (ClassInfo & { readonly train: number; readonly validation: number })[]
  readonly classOrder: ClassOrder
  readonly images: { readonly train: number; readonly validation: number }
  /** The same with those that cannot be read; absent where images are not files. */
  readonly listed?: { readonly train: number; readonly validation: number }
  /** The classes with these images, also those whose images cannot be read; absent where images are not files. */
  readonly listedClasses?: readonly { readonly id: string; readonly train: number; readonly validation: number }[]
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[]
  /** Groups of paths with the same bytes. */
  readonly duplicates: readonly (readonly string[])[]
  /** Number of validation images that are also training images. */
  readonly leaked: number
  /** Groups of paths with the same bytes and different classes; absent without any. */
  readonly conflicts?: readonly (readonly string[])[]
  /** Total size of the listed image files; a file whose size is unknown before reading counts 0. */
  readonly bytes: number
  readonly sizes: {
    readonly minWidth: number
    readonly maxWidth: number
    readonly minHeight: number
    readonly maxHeight: number
    /** By shorter side, ascending; without empty bins. */
    readonly histogram: readonly SizeBin[]
  }
  /** Number of images stored without color, in print colors, or with a palette; all are read as RGB. */
  readonly colors: { readonly grey: number; readonly cmyk: number; readonly palette: number }
  /** Number of images of each format: `jpeg`, `png`, … */
  readonly formats: Readonly<Record<string, number>>
  /** Number of image files. The only image of a class is in both splits and counts once. */
  readonly files: number
  /** Number of files that were read and decoded; smaller than `files` until all are read. */
  readonly checked: number
  /** SHA-256 over the classes, paths and byte sizes of all listed images in sorted order; hexadecimal. */
  readonly fingerprint: string
  /** SHA-256 over classes, paths and contents of the readable images; null until all are read. */
  readonly contents: string | null
  /** True if the seed and `data.validationFraction` made the split; false if the source defines it. */
  readonly splitBySeed: boolean
  /** Absent for CIFAR-10. */
  readonly layout?: LayoutReport
  /** Facts that a user should know and that are no errors: ignored files, imbalance, a split that the lab made. */
  readonly notes: readonly string[]
}

export interface Sample {
  /** Index into the report's classes. */
  readonly label: number
  readonly path: string
  readonly width: number
  readonly height: number
  /** RGBA, 8 bit. */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>
}

export interface PathFile {
  /** Path inside what was dropped, with `/`. */
  readonly path: string
  readonly file: File
}

export type DataInput =
  | { readonly kind: 'cifar10' }
  | { readonly kind: 'files'; readonly name: string; readonly files: readonly PathFile[] }
  | { readonly kind: 'archive'; readonly file: File }
  | { readonly kind: 'handles'; readonly name: string; readonly handles: readonly FileSystemHandle[] }
