/** Facts about a dataset as text. */
import { median } from 'd3-array'
import type { DataReport } from '../../protocol/data-report.ts'
import { count } from '../format.ts'

const range = (min: number, max: number) => (min === max ? count(min) : `${count(min)}–${count(max)}`)

/** `32 × 32 px`, or ranges of width and height; null before any image was read. */
export const sizesText = ({ minWidth, maxWidth, minHeight, maxHeight }: DataReport['sizes']): string | null =>
  maxWidth === 0 ? null : `${range(minWidth, maxWidth)} × ${range(minHeight, maxHeight)} px`

const listed = (counts: readonly (readonly [string, number])[]) =>
  counts
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${count(n)} ${name}`)
    .join(', ')

/** `3 grey, 1 CMYK`; empty where all images are in color. */
export const colorsText = ({ grey, cmyk, palette }: DataReport['colors']): string =>
  listed([
    ['grey', grey],
    ['CMYK', cmyk],
    ['palette', palette],
  ])

/** `500 JPEG, 2 PNG`: the most frequent first. */
export const formatsText = (formats: DataReport['formats']): string =>
  listed(
    Object.entries(formats)
      .sort(([, a], [, b]) => b - a)
      .map(([name, n]) => [name === 'other' || name === 'raw' ? name : name.toUpperCase(), n]),
  )

/** `500 each`, or `20–1,300, median 500`: training images. */
export function perClassText(classes: DataReport['classes']): string {
  const counts = classes.map(({ train }) => train)
  const [min, max] = [Math.min(...counts), Math.max(...counts)]
  return min === max ? `${count(min)} each` : `${range(min, max)}, median ${count(median(counts) ?? 0)}`
}

/** `all`, or `120 of 5,000`. */
export const checkedText = ({ checked, files }: DataReport): string =>
  checked >= files ? 'all' : `${count(checked)} of ${count(files)}`
