/** Sizes of a 2-D convolution over NHWC images with an HWIO filter. */

export const operations = ['forward', 'input-gradient', 'filter-gradient'] as const
export type Operation = (typeof operations)[number]

export interface Geometry {
  readonly images: number
  readonly height: number
  readonly width: number
  readonly inputs: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outputs: number
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  /** Zeros above and to the left; those below and to the right follow from the sizes. */
  readonly padding: readonly [number, number]
}

/** Floating point operations: two per multiply-add, padding included, as is usual. */
export const flops = ({ images, outHeight, outWidth, outputs, kernel, inputs }: Geometry): number =>
  2 * images * outHeight * outWidth * outputs * kernel[0] * kernel[1] * inputs

/**
 * Whether programs read whole rows of the filter. With few input channels, a row [width · inputs] is one run of neighbors in
 * memory: the stem's 7×7×3 filter reads runs of 21 instead of 7 times 3.
 */
export const readsRows = ({ inputs, kernel }: Geometry): boolean => inputs < 8 && kernel[1] > 1

/** Whether a tap of any output falls on padding. */
export function isPadded({ height, width, outHeight, outWidth, kernel, stride, padding }: Geometry): boolean {
  const beyond = (out: number, i: 0 | 1, size: number) => (out - 1) * stride[i] + kernel[i] - padding[i] > size
  return padding[0] > 0 || padding[1] > 0 || beyond(outHeight, 0, height) || beyond(outWidth, 1, width)
}

/** Names everything in a geometry that a program's code depends on, except sizes. */
export const geometryKey = (g: Geometry): string =>
  `k${g.kernel.join('x')}s${g.stride.join('x')}p${g.padding.join('x')}`
