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
  /** Zeros above and to the left; what is missing below and to the right follows from the sizes. */
  readonly padding: readonly [number, number]
}

/** Multiply-adds count two; padding counts, as is usual. */
export const flops = ({ images, outHeight, outWidth, outputs, kernel, inputs }: Geometry): number =>
  2 * images * outHeight * outWidth * outputs * kernel[0] * kernel[1] * inputs

/**
 * With few input channels a whole row of the filter, [width · inputs], is one run of neighbours in memory: the
 * stem's 7×7×3 reads runs of 21 rather than 7 times 3.
 */
export const readsRows = ({ inputs, kernel }: Geometry): boolean => inputs < 8 && kernel[1] > 1

/** Whether some tap of some output falls on padding. */
export function isPadded({ height, width, outHeight, outWidth, kernel, stride, padding }: Geometry): boolean {
  const beyond = (out: number, i: 0 | 1, size: number) => (out - 1) * stride[i] + kernel[i] - padding[i] > size
  return padding[0] > 0 || padding[1] > 0 || beyond(outHeight, 0, height) || beyond(outWidth, 1, width)
}

/** One word for everything about a geometry that the code of a program depends on, sizes apart. */
export const geometryKey = (g: Geometry): string =>
  `k${g.kernel.join('x')}s${g.stride.join('x')}p${g.padding.join('x')}`
