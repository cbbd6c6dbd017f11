/** Computes a view by resizing whole images in Pillow's arithmetic: the reference of the GPU's kernel. */

import { resizeBox } from '../data/decode/resize.ts'
import type { View } from '../data/feed/augment.ts'
import type { Pixels } from '../data/source.ts'

/** [size · size · 3] */
export function seenOf(image: Pixels, { x, y, mirror }: View, size: number): Uint8Array {
  const box = { left: x.from, top: y.from, width: x.length, height: y.length }
  const resized = resizeBox(image, box, x.out, y.out)
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3 / size), Math.floor(i / 3) % size]
    const [across, down] = [x.start + (mirror ? size - 1 - column : column), y.start + row]
    const shows = across >= x.low && across < x.high && down >= y.low && down < y.high
    return shows ? resized.data[(down * resized.width + across) * 3 + (i % 3)] : 0
  })
}
