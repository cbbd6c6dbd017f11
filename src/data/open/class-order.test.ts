import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { picture, tarOf } from '../../testing/archives.ts'
import { sourceReader } from '../../testing/sources.ts'
import { decode } from '../node/decode.ts'
import { selectImages } from '../set/select.ts'
import type { ImageSet } from '../source.ts'
import { openInput } from './open-input.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-order-'))
afterAll(() => rmSync(home, { recursive: true }))

const split = { validationFraction: 0.5, seed: 1 }
const { signal } = new AbortController()
const read = sourceReader()

interface File {
  readonly path: string
  readonly bytes: Uint8Array | string
}

let folders = 0

/** Opens the files from disk and as dropped on the page, and returns the set once both agree. */
async function open(files: readonly File[]): Promise<ImageSet> {
  const root = join(home, String(folders++))
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
  }
  const set = await read(root, split, signal)
  const dropped = files.map(({ path, bytes }) => ({ path, file: new globalThis.File([bytes as BlobPart], path) }))
  const options = { fetchBytes: () => Promise.reject(), readNames: async () => '', decode, ...split }
  const page = await openInput({ kind: 'files', name: 'set', files: dropped }, options, () => {}, signal)
  expect(page.report.classes).toEqual(set.report.classes)
  expect(page.report.classOrder).toBe(set.report.classOrder)
  expect(page.report.notes).toEqual(set.report.notes)
  return set
}

const idsOf = ({ classes }: ImageSet) => classes.map(({ id }) => id)
const notesOf = ({ report }: ImageSet) => report.notes.join(' ')

let image: Uint8Array
beforeAll(async () => {
  image = new Uint8Array(await picture(90))
})

/** A table like the hub's. `names` are the names of its ClassLabel; without them the labels have no metadata. */
function parquet(path: string, labels: readonly (number | string)[], names?: readonly string[]): File {
  const info = { info: { features: { label: { names, _type: 'ClassLabel' } } } }
  const isText = typeof labels[0] === 'string'
  const data = isText ? [...labels] : labels.map(BigInt)
  const table = parquetWriteBuffer({
    columnData: [
      { name: 'image', data: labels.map(() => image), type: 'BYTE_ARRAY' },
      { name: 'label', data, type: isText ? 'STRING' : 'INT64' },
    ],
    ...(names ? { kvMetadata: [{ key: 'huggingface', value: JSON.stringify(info) }] } : {}),
  })
  return { path, bytes: new Uint8Array(table) }
}

const twice = (count: number) => Array.from({ length: 2 * count }, (_, i) => i % count)

describe('classes of parquet files', () => {
  it('have the order of their ClassLabel', async () => {
    const names = ['zebra', 'ant', '\u{1F600}', '10', '9']
    const set = await open([
      parquet('data/train-00000-of-00001.parquet', [4, 3, 2, 1, 0], names),
      parquet('data/validation-00000-of-00001.parquet', [0, 1, 2, 3, 4], names),
    ])
    expect(idsOf(set)).toEqual(names)
    expect(set.report.classOrder).toBe('listed')
    expect([...set.train.labels]).toEqual([4, 3, 2, 1, 0])
  })

  it('are ordered by number without names, and as text where the labels are text', async () => {
    const numbers = await open([parquet('set.parquet', twice(12))])
    expect(idsOf(numbers)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'])
    expect(numbers.report.classOrder).toBe('numeric')
    const text = await open([parquet('set.parquet', ['b', 'B', 'a', 'b', 'B', 'a'])])
    expect(idsOf(text)).toEqual(['B', 'a', 'b'])
    expect(text.report.classOrder).toBe('name')
    const mixed = await open([parquet('set.parquet', ['2', '10', 'x', '2', '10', 'x'])])
    expect(idsOf(mixed)).toEqual(['10', '2', 'x'])
  })

  it('without images are left out and named, and the others keep their order', async () => {
    const names = ['d', 'c', 'b', 'a']
    const set = await open([parquet('set.parquet', [3, 1, 0, 3, 1, 0], names)])
    expect(idsOf(set)).toEqual(['d', 'c', 'a'])
    expect(notesOf(set)).toMatch(/One class that the source lists has no images \(b\), so this dataset has 3 classes/)
    const onlyTrain = await open([
      parquet('train.parquet', [0, 1, 2, 3], names),
      parquet('validation.parquet', [3, 2, 0], names),
    ])
    expect(idsOf(onlyTrain)).toEqual(['d', 'b', 'a'])
    expect(notesOf(onlyTrain)).toMatch(/without validation images are left out: c/)
  })

  it('keep the names of their own file where the lists of files differ, and the report says so', async () => {
    const set = await open([
      parquet('train.parquet', [0, 1], ['cat', 'dog']),
      parquet('validation.parquet', [0, 1], ['dog', 'cat']),
    ])
    expect(idsOf(set)).toEqual(['cat', 'dog'])
    expect([...set.train.labels]).toEqual([0, 1])
    expect([...set.validation.labels]).toEqual([1, 0])
    expect(notesOf(set)).toMatch(/class 0 is cat in one and dog in another/)
  })

  it('with one name for two classes are refused', async () => {
    await expect(open([parquet('set.parquet', twice(3), ['cat', 'dog', 'cat'])])).rejects.toThrow(
      /lists the class cat twice, as 0 and 2/,
    )
  })
})

const folderSet = (root: string, ids: readonly string[]): File[] =>
  ids.flatMap((id) => [0, 1].map((i) => ({ path: `${root}${id}/${i}.png`, bytes: image })))

describe('classes of other sources', () => {
  it('in folders have the order of torchvision: by code points, 10 before 2', async () => {
    const set = await open(folderSet('', ['\u{1F600}', '\uFF5E', 'b', 'B', '2', '10']))
    expect(idsOf(set)).toEqual(['10', '2', 'B', 'b', '\uFF5E', '\u{1F600}'])
    expect(set.report.classOrder).toBe('name')
  })

  it('in WebDataset shards are ordered by number', async () => {
    const files = twice(12).flatMap((label, i) => [
      { path: `${i}.png`, bytes: image },
      { path: `${i}.cls`, bytes: new TextEncoder().encode(`${label}\n`) },
    ])
    const set = await open([{ path: 'shard-000000.tar', bytes: tarOf(files) }])
    expect(idsOf(set)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'])
    expect(set.report.classOrder).toBe('numeric')
  })

  it('keep their order when some of them are selected, and the images of a class do not depend on the order', async () => {
    const set = await open([parquet('set.parquet', [...twice(12), ...twice(12), ...twice(12)])])
    const limits = { classes: null, imagesPerClass: 1, validationImagesPerClass: 1 }
    const all = selectImages(set, limits, 3)
    expect(all.classes).toEqual(set.classes)
    const text = { ...set, classes: [...set.classes].sort((a, b) => (a.id < b.id ? -1 : 1)) }
    const at = text.classes.map(({ id }) => set.classes.findIndex((one) => one.id === id))
    const position = new Map(at.map((index, i) => [index, i]))
    const relabeled = (labels: Int32Array) => labels.map((label) => position.get(label) ?? -1)
    const sorted = selectImages({ ...text, train: { ...set.train, labels: relabeled(set.train.labels) } }, limits, 3)
    const paths = ({ train }: ImageSet) => [...train.labels.keys()].map((i) => train.file?.(i).path)
    expect(paths(sorted)).toEqual(paths(all))
  })
})

describe('labels in a list', () => {
  const files = (ids: readonly string[], labels: readonly string[]) => [
    ...folderSet('train/', ids),
    ...labels.map((_, i) => ({ path: `val/v${String(i).padStart(2, '0')}.png`, bytes: image })),
    {
      path: 'val_labels.txt',
      bytes: labels.map((label, i) => `v${String(i).padStart(2, '0')}.png ${label}\n`).join(''),
    },
  ]
  const heldOut = (set: ImageSet) => [...set.validation.labels].map((label) => set.classes[label].id)
  const numbers = Array.from({ length: 12 }, (_, i) => String(i))

  it('name the folder of that name before they are numbers of classes', async () => {
    const set = await open(files(numbers, numbers))
    expect(heldOut(set)).toEqual(numbers)
    expect(idsOf(set)).toEqual(['0', '1', '10', '11', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(notesOf(set)).not.toMatch(/numbers the classes/)
  })

  it('name folders from 1, and folders with leading zeros', async () => {
    const fromOne = numbers.map((id) => String(Number(id) + 1))
    expect(heldOut(await open(files(fromOne, fromOne)))).toEqual(fromOne)
    const padded = fromOne.map((id) => id.padStart(3, '0'))
    expect(heldOut(await open(files(padded, fromOne)))).toEqual(padded)
  })

  it('are numbers of classes in their order where no folder has such a name, and the report says so', async () => {
    const set = await open(files(['b', 'a', 'B'], ['0', '1', '2']))
    expect(heldOut(set)).toEqual(['B', 'a', 'b'])
    expect(notesOf(set)).toMatch(/val_labels\.txt numbers the classes from 0 in their order: 0 is B, 2 is b\.( |$)/)
    const fromOne = await open(files(['b', 'a', 'c'], ['1', '2', '1']))
    expect(notesOf(fromOne)).toMatch(/None of the images has the number 0: if the list counts from 1/)
  })

  it('are refused where they may be either, with the cure', async () => {
    const set = await open(files(['1', '2', '3'], ['0', '1', '2']))
    expect(notesOf(set)).toMatch(/validation images have no labels.*ambiguous: 1 is the name of a class and 0 is none/)
    expect(notesOf(set)).toMatch(/list the class of each file by name/)
    expect(set.report.splitBySeed).toBe(true)
  })

  it('may name a class without training images', async () => {
    const set = await open(files(['0', '1', '2'], ['0', '1', '2', '77']))
    expect(heldOut(set)).toEqual(['0', '1', '2'])
    expect(notesOf(set)).toMatch(/without training images are left out: 77/)
  })
})
