/** Bad labels: lists and tables whose classes are unknown, ambiguous or listed twice. */
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { BadInput, NamedBytes } from './bad-input.ts'

const text = (content: string) => new TextEncoder().encode(content)

/** A table like the hub's: labels are numbers, and `info` is the text of its metadata. */
function table(images: readonly NamedBytes[], labels: readonly number[], info: string): NamedBytes {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: 'image', data: labels.map((_, i) => images[i % images.length].bytes), type: 'BYTE_ARRAY' },
      { name: 'label', data: labels.map(BigInt), type: 'INT64' },
    ],
    kvMetadata: [{ key: 'huggingface', value: info }],
  })
  return { path: 'set.parquet', bytes: new Uint8Array(bytes) }
}

const named = (names: readonly unknown[]) => JSON.stringify({ info: { features: { label: { names } } } })

/** The good images as training images of two classes, and validation images with a list of labels. */
function listed(good: readonly NamedBytes[], classes: readonly [string, string], labels: readonly string[]) {
  const train = good.map(({ path, bytes }) => ({
    path: `train/${classes[path.startsWith('a') ? 0 : 1]}/${path.slice(2)}`,
    bytes,
  }))
  const held = labels.map((_, i) => ({ path: `val/v${i}.png`, bytes: good[0].bytes }))
  const lines = labels.map((label, i) => `v${i}.png ${label}\n`).join('')
  return [...train, ...held, { path: 'val_labels.txt', bytes: text(lines) }]
}

export function badLabels(good: readonly NamedBytes[]): BadInput[] {
  return [
    {
      name: 'labels: a ClassLabel with a name twice',
      files: [table(good, [0, 1, 2, 0, 1, 2], named(['cat', 'dog', 'cat']))],
      error: /lists the class cat twice, as 0 and 2/,
    },
    {
      name: 'labels: numbers without a name',
      files: [table(good, [0, 7, -1], named(['a', 'b'])), ...good],
      refused: {
        'set.parquet: 1.image': /the label of the row, 7, is not a class/,
        'set.parquet: 2.image': /-1, is not a class/,
      },
      more: 1,
    },
    {
      name: 'labels: names that are no texts are not used',
      files: [table(good, [10, 9, 10, 9, 10, 9], named([1, 2]))],
    },
    {
      name: 'labels: metadata that is no JSON is not used',
      files: [table(good, [10, 9, 10, 9, 10, 9], '{"info":')],
    },
    {
      name: 'labels: names or numbers of classes',
      files: listed(good, ['1', '2'], ['0', '1']),
      notes: [/the labels of val_labels\.txt are ambiguous: 1 is the name of a class and 0 is none/],
    },
    {
      name: 'labels: numbers beyond the classes',
      files: listed(good, ['a', 'b'], ['0', '2']),
      notes: [/val_labels\.txt numbers classes up to 2, but there are 2 training classes/],
    },
    {
      name: 'labels: lines without a label',
      files: listed(good, ['a', 'b'], ['', '']),
      notes: [/2 validation images have no labels/],
    },
  ]
}
