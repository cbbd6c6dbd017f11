/** Small synthetic datasets: each class has its own color under noise. */
import type { ImageSet, Pixels, Split } from '../data/source.ts'
import type { DataReport } from '../protocol/data-report.ts'
import { stream } from '../random.ts'

export interface SyntheticOptions {
  readonly classes: number
  /** Images of each class. */
  readonly train: number
  readonly validation: number
  /** Height and width. */
  readonly size: number
}

function imageOf(label: number, size: number, ...name: (string | number)[]): Pixels {
  const random = stream(label, 'image', ...name)
  const tint = stream(label, 'tint')
  const color = [tint.integer(160), tint.integer(160), tint.integer(160)]
  const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => color[i % 3] + random.integer(96))
  return { width: size, height: size, data }
}

const splitOf = (classes: number, perClass: number, size: number, name: string): Split => ({
  labels: Int32Array.from({ length: classes * perClass }, (_, i) => i % classes),
  read: async (index) => imageOf(index % classes, size, name, index),
})

export function syntheticSet({ classes: count, train, validation, size }: SyntheticOptions): ImageSet {
  const classes = Array.from({ length: count }, (_, i) => ({ id: `class_${i}`, name: `class ${i}` }))
  const report: DataReport = {
    source: 'synthetic',
    classes: classes.map((c) => ({ ...c, train, validation })),
    classOrder: 'name',
    images: { train: train * count, validation: validation * count },
    unreadable: [],
    duplicates: [],
    leaked: 0,
    bytes: 0,
    colors: { grey: 0, cmyk: 0, palette: 0 },
    sizes: { minWidth: size, maxWidth: size, minHeight: size, maxHeight: size, histogram: [] },
    formats: {},
    files: (train + validation) * count,
    checked: (train + validation) * count,
    fingerprint: 'synthetic',
    contents: 'synthetic',
    splitBySeed: false,
    notes: [],
  }
  return {
    report,
    classes,
    train: splitOf(count, train, size, 'train'),
    validation: splitOf(count, validation, size, 'validation'),
  }
}
