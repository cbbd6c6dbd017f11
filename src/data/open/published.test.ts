import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { BlobWriter, Uint8ArrayReader, ZipWriter } from '@zip.js/zip.js'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, describe, expect, it } from 'vitest'
import { picture, tarOf } from '../../testing/archives.ts'
import { sourceReader } from '../../testing/sources.ts'
import { decode } from '../node/decode.ts'
import type { ImageSet } from '../source.ts'
import { openInput } from './open-input.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-published-'))
afterAll(() => rmSync(home, { recursive: true }))

const split = { validationFraction: 0.25, seed: 1 }
const { signal } = new AbortController()
const read = sourceReader()
const open = (path: string) => read(join(home, path), split, signal)

function write(path: string, bytes: Uint8Array | string) {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), bytes)
}

const counts = ({ report }: ImageSet) => Object.fromEntries(report.classes.map((c) => [c.id, [c.train, c.validation]]))
const names = ({ classes }: ImageSet) => classes.map(({ name }) => name)
const shades = (set: ImageSet, of: 'train' | 'validation') =>
  Promise.all(
    [...set[of].labels.keys()].map(async (i) => [set.classes[set[of].labels[i]].id, (await set[of].read(i)).data[0]]),
  )

const [tench, goldfish] = ['n01440764', 'n01443537']
/** A tar of images of one shade each. They are named .JPEG but are PNGs, like some of ImageNet's. */
const imagesTar = async (files: Record<string, number>) =>
  tarOf(await Promise.all(Object.entries(files).map(async ([path, shade]) => ({ path, bytes: await picture(shade) }))))

async function zipOf(files: readonly { path: string; bytes: Uint8Array }[], level = 6): Promise<Uint8Array> {
  const zip = new ZipWriter(new BlobWriter())
  for (const { path, bytes } of files) await zip.add(path, new Uint8ArrayReader(bytes), { level })
  return new Uint8Array(await (await zip.close()).arrayBuffer())
}

const trainTar = async () =>
  tarOf([
    {
      path: `${tench}.tar`,
      bytes: await imagesTar({ [`${tench}_1.JPEG`]: 10, [`${tench}_2.JPEG`]: 11, [`${tench}_3.JPEG`]: 12 }),
    },
    { path: `${goldfish}.tar`, bytes: await imagesTar({ [`${goldfish}_7.JPEG`]: 20, [`${goldfish}_8.JPEG`]: 21 }) },
  ])
const validationTar = () =>
  imagesTar({
    'ILSVRC2012_val_00000001.JPEG': 120,
    'ILSVRC2012_val_00000002.JPEG': 110,
    'ILSVRC2012_val_00000003.JPEG': 121,
  })

describe('ILSVRC2012 as published', () => {
  it.each([
    [
      'LOC_val_solution.csv',
      `ImageId,PredictionString\nILSVRC2012_val_00000002,${tench} 1 2 3 4 \nILSVRC2012_val_00000001,${goldfish} 5 6 7 8 ${goldfish} 1 1 1 1\nILSVRC2012_val_00000003,${goldfish} 0 0 1 1\n`,
    ],
    ['val.txt', 'ILSVRC2012_val_00000001.JPEG 1\nILSVRC2012_val_00000002.JPEG 0\nILSVRC2012_val_00000003.JPEG 1\n'],
    ['synset_labels.txt', `${goldfish}\n${tench}\n${goldfish}\n`],
  ])('is a tar with one tar per class, and a flat tar with its labels in %s', async (file, list) => {
    const root = `ilsvrc ${file}`
    write(`${root}/ILSVRC2012_img_train.tar`, await trainTar())
    write(`${root}/ILSVRC2012_img_val.tar`, await validationTar())
    write(`${root}/${file}`, list)
    const set = await open(root)
    expect(counts(set)).toEqual({ [tench]: [3, 1], [goldfish]: [2, 2] })
    expect(names(set)).toEqual(['tench', 'goldfish'])
    expect((await shades(set, 'train')).sort()).toEqual(
      [
        [tench, 10],
        [tench, 11],
        [tench, 12],
        [goldfish, 20],
        [goldfish, 21],
      ].sort(),
    )
    expect((await shades(set, 'validation')).sort()).toEqual(
      [
        [tench, 110],
        [goldfish, 120],
        [goldfish, 121],
      ].sort(),
    )
  })

  it('splits the training images by seed if the validation images have no labels, with a note', async () => {
    write('unlabelled/ILSVRC2012_img_train.tar', await trainTar())
    write('unlabelled/ILSVRC2012_img_val.tar', await validationTar())
    const set = await open('unlabelled')
    expect(set.report.images).toEqual({ train: 3, validation: 2 })
    expect(set.report.notes.join(' ')).toMatch(/3 validation images have no labels .*add LOC_val_solution\.csv/)
  })

  describe('with the labels of the development kit', () => {
    const kit = async (root: string, files: Record<string, string>) => {
      write(`${root}/ILSVRC2012_img_train.tar`, await trainTar())
      write(`${root}/ILSVRC2012_img_val.tar`, await validationTar())
      write(`${root}/data/ILSVRC2012_validation_ground_truth.txt`, '7\n3\n7\n')
      for (const [path, text] of Object.entries(files)) write(`${root}/data/${path}`, text)
      return open(root)
    }

    it('is read by the kit’s list of classes', async () => {
      const set = await kit('kit', { 'map_clsloc.txt': `${tench} 3 tench\n${goldfish} 7 goldfish\n` })
      expect(counts(set)).toEqual({ [tench]: [3, 1], [goldfish]: [2, 2] })
      expect((await shades(set, 'validation')).sort()).toEqual([
        [tench, 110],
        [goldfish, 120],
        [goldfish, 121],
      ])
    })

    it('names the missing file instead of guessing the order of the classes', async () => {
      const { report } = await kit('kit without', { 'meta.mat': 'MATLAB 5.0 MAT-file' })
      expect(report.images).toEqual({ train: 3, validation: 2 })
      expect(report.notes.join(' ')).toMatch(
        /3 validation images have no labels .*ground_truth\.txt numbers the classes in the order of the development kit.*add the kit's map_clsloc\.txt/,
      )
    })
  })

  it('does not apply class numbers beyond the training classes', async () => {
    write('numbers/ILSVRC2012_img_train.tar', await trainTar())
    write('numbers/ILSVRC2012_img_val.tar', await validationTar())
    write(
      'numbers/val.txt',
      [1, 2, 3].map((i) => `ILSVRC2012_val_0000000${i}.JPEG ${i === 3 ? 999 : i - 1}`).join('\n'),
    )
    const { report } = await open('numbers')
    expect(report.notes.join(' ')).toMatch(
      /val\.txt numbers classes up to 999, but there are 2 training classes.*list the class of each file by name/,
    )
  })

  it('can be a folder of one tar per class, or one zip of both tars', async () => {
    const one = (id: string, shade: number) =>
      imagesTar({ [`${id}_1.JPEG`]: shade, [`${id}_2.JPEG`]: shade + 1, [`${id}_3.JPEG`]: shade + 2 })
    write(`classes/train/${tench}.tar`, await one(tench, 10))
    write(`classes/train/${goldfish}.tar`, await one(goldfish, 30))
    expect(counts(await open('classes'))).toEqual({ [tench]: [2, 1], [goldfish]: [2, 1] })
    const files = [
      { path: 'ILSVRC/ILSVRC2012_img_train.tar', bytes: await trainTar() },
      { path: 'ILSVRC/ILSVRC2012_img_val.tar', bytes: await validationTar() },
      {
        path: 'ILSVRC/LOC_val_solution.csv',
        bytes: new TextEncoder().encode(
          `ImageId,PredictionString\nILSVRC2012_val_00000001,${goldfish} 1\nILSVRC2012_val_00000002,${tench} 1\nILSVRC2012_val_00000003,${tench} 1\n`,
        ),
      },
    ]
    for (const level of [0, 6]) {
      write('both.zip', await zipOf(files, level))
      expect(counts(await open('both.zip'))).toEqual({ [tench]: [3, 2], [goldfish]: [2, 1] })
    }
  })

  it('can be the training tar alone', async () => {
    write('ILSVRC2012_img_train.tar', await trainTar())
    expect(counts(await open('ILSVRC2012_img_train.tar'))).toEqual({ [tench]: [2, 1], [goldfish]: [1, 1] })
  })
})

describe('compressed tars', () => {
  it('are read like the folder inside them (as Imagenette’s)', async () => {
    const files: Record<string, number> = {}
    for (const [c, id] of [tench, goldfish].entries())
      for (let i = 0; i < 4; i++) files[`imagenette/${i === 3 ? 'val' : 'train'}/${id}/${id}_${i}.JPEG`] = 40 * c + i
    const tar = await imagesTar(files)
    write('imagenette.tar', tar)
    write('imagenette.tgz', gzipSync(tar))
    const [plain, packed] = [await open('imagenette.tar'), await open('imagenette.tgz')]
    expect(counts(packed)).toEqual({ [tench]: [3, 1], [goldfish]: [3, 1] })
    expect(packed.report.fingerprint).toBe(plain.report.fingerprint)
    expect(names(packed)).toEqual(['tench', 'goldfish'])
  })
})

describe('Imagenette and Tiny ImageNet', () => {
  const inFolders = async (root: string, perClass: number) =>
    Promise.all(
      [tench, goldfish].flatMap((id, c) =>
        [...Array(perClass).keys()].map(async (i) => ({
          path: `${root}/${id}/${i}.JPEG`,
          bytes: await picture(60 * c + i + root.length, 'jpeg'),
        })),
      ),
    )

  it('can have other files next to their images', async () => {
    const images = [...(await inFolders('imagenette2/train', 3)), ...(await inFolders('imagenette2/val', 2))]
    const list = { path: 'imagenette2/noisy_imagenette.csv', bytes: new TextEncoder().encode('path,noisy_labels_0\n') }
    write('imagenette2.tgz', gzipSync(tarOf([...images, list])))
    const set = await open('imagenette2.tgz')
    expect(counts(set)).toEqual({ [tench]: [3, 2], [goldfish]: [3, 2] })
    expect(set.report.notes).toEqual([])
  })

  it('are the same as the published zip and as its folder', async () => {
    const of = (path: string, text: string) => ({ path: `tiny-imagenet-200/${path}`, bytes: Buffer.from(text) })
    const train = await Promise.all(
      [tench, goldfish].flatMap((id, c) =>
        [0, 1, 2].map(async (i) => ({
          path: `tiny-imagenet-200/train/${id}/images/${id}_${i}.JPEG`,
          bytes: await picture(80 * c + i, 'jpeg'),
        })),
      ),
    )
    const flat = (folder: string) =>
      Promise.all(
        [0, 1].map(async (i) => ({
          path: `tiny-imagenet-200/${folder}/images/${folder}_${i}.JPEG`,
          bytes: await picture(200 + i + folder.length, 'jpeg'),
        })),
      )
    const files = [
      ...train,
      ...(await flat('val')),
      ...(await flat('test')),
      of('val/val_annotations.txt', `val_0.JPEG\t${goldfish}\t0\t0\t9\t9\nval_1.JPEG\t${tench}\t0\t0\t9\t9\n`),
      of(`train/${tench}/${tench}_boxes.txt`, `${tench}_0.JPEG\t0\t0\t9\t9\n`),
      of('wnids.txt', `${tench}\n${goldfish}\n`),
      of('words.txt', `${tench}\ttench, Tinca tinca\n${goldfish}\tgoldfish, Carassius auratus\n`),
    ]
    write('tiny-imagenet-200.zip', await zipOf(files))
    for (const { path, bytes } of files) write(`unpacked/${path}`, bytes)
    const [zip, folder] = [await open('tiny-imagenet-200.zip'), await open('unpacked')]
    expect(counts(zip)).toEqual({ [tench]: [3, 1], [goldfish]: [3, 1] })
    expect(names(zip)).toEqual(['tench', 'goldfish'])
    expect(zip.report.notes).toEqual(['2 images of the test folder are not used.'])
    expect({ ...folder.report, source: zip.report.source }).toEqual(zip.report)
  })
})

describe('a mixed folder', () => {
  it('reports the number of images without a class', async () => {
    for (const path of ['a/1', 'a/2', 'b/1', 'b/2', 'top', 'cover'])
      write(`mixed/${path}.png`, await picture(path.length * 7 + path.charCodeAt(0) + path.charCodeAt(2)))
    expect((await open('mixed')).report.notes[0]).toBe(
      '2 images belong to no class and will not be used, for example cover.png.',
    )
  })

  it('with a flat split is refused with the expected layout', async () => {
    write('flat/train/1.png', await picture(1))
    write('flat/val/a/1.png', await picture(2))
    await expect(open('flat')).rejects.toThrow(/1 images in flat but no class folders \(for example train\/1\.png\)/)
  })
})

/** The files of a WebDataset shard: three images, each with a file of its class. */
const shardFiles = async (base: number, labels: readonly string[]) =>
  (
    await Promise.all(
      labels.map(async (label, i) => [
        { path: `${String(i).padStart(6, '0')}.jpg`, bytes: await picture(base + i, 'jpeg') },
        { path: `${String(i).padStart(6, '0')}.cls`, bytes: new TextEncoder().encode(`${label}\n`) },
        { path: `${String(i).padStart(6, '0')}.json`, bytes: new TextEncoder().encode('{}') },
      ]),
    )
  ).flat()

const shard = async (base: number, labels: readonly string[]) => tarOf(await shardFiles(base, labels))

describe('WebDataset shards', () => {
  it('form one dataset, with the splits in their names', async () => {
    write('shards/imagenet-train-000000.tar', await shard(10, ['0', '1', '0']))
    write('shards/imagenet-train-000001.tar', await shard(50, ['1', '1', '0']))
    write('shards/imagenet-val-000000.tar', await shard(90, ['1', '0', '1']))
    const set = await open('shards')
    expect(counts(set)).toEqual({ 0: [3, 1], 1: [3, 2] })
    expect(set.report.unreadable).toEqual([])
  })

  it('can be compressed, zips, or unpacked folders', async () => {
    write('packed/train-0000.tar.gz', gzipSync(await shard(10, ['0', '1', '0'])))
    write('packed/train-0001.zip', await zipOf(await shardFiles(50, ['1', '1', '0'])))
    for (const { path, bytes } of await shardFiles(90, ['1', '0', '1'])) write(`packed/val/${path}`, bytes)
    const set = await open('packed')
    expect(counts(set)).toEqual({ 0: [3, 1], 1: [3, 2] })
    expect(set.report.unreadable).toEqual([])
  })

  it('leave out images with an empty label', async () => {
    const files = await shardFiles(10, ['0', '1', '0', '1', '0', ''])
    write('unlabeled.tar', tarOf(files.map((file) => ({ ...file }))))
    const { report } = await open('unlabeled.tar')
    expect(report.unreadable).toEqual([{ path: '000005.jpg', reason: 'its label 000005.cls is empty' }])
    expect(report.images).toEqual({ train: 3, validation: 2 })
  })

  it('are split by seed if only one split exists', async () => {
    write('one.tar', await shard(10, ['7', '8', '7', '8', '7']))
    expect(counts(await open('one.tar'))).toEqual({ 7: [2, 1], 8: [1, 1] })
  })
})

describe('parquet', () => {
  /** A table like the hub's: each image as bytes and path, the names of the classes in the metadata. */
  async function parquet(base: number, labels: readonly number[], feature = 'image'): Promise<Uint8Array> {
    const images = await Promise.all(labels.map((_, i) => picture(base + i)))
    const info = { info: { features: { label: { names: ['cat', 'dog'], _type: 'ClassLabel' } } } }
    return new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: feature, data: images, type: 'BYTE_ARRAY' },
          { name: 'label', data: labels.map(BigInt), type: 'INT64' },
        ],
        rowGroupSize: 2,
        kvMetadata: [{ key: 'huggingface', value: JSON.stringify(info) }],
      }),
    )
  }

  it('from the hub lists labels first and reads images on demand', async () => {
    write('hub/data/train-00000-of-00002.parquet', await parquet(10, [0, 1, 0, 1, 1]))
    write('hub/data/train-00001-of-00002.parquet', await parquet(60, [1, 0, 0]))
    write('hub/data/validation-00000-of-00001.parquet', await parquet(100, [0, 1, 1]))
    const set = await open('hub')
    expect(counts(set)).toEqual({ cat: [4, 1], dog: [4, 2] })
    expect(await shades(set, 'train')).toEqual([
      ['cat', 10],
      ['dog', 11],
      ['cat', 12],
      ['dog', 13],
      ['dog', 14],
      ['dog', 60],
      ['cat', 61],
      ['cat', 62],
    ])
  })

  it('leaves out rows without an image or a label', async () => {
    const images = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((i) => picture(30 + i)))
    const table = parquetWriteBuffer({
      columnData: [
        { name: 'image', data: images.map((bytes, i) => (i === 1 ? null : bytes)), type: 'BYTE_ARRAY' },
        { name: 'label', data: ['a', 'b', null, 'b', 'a', 'b', 'a'], type: 'STRING' },
      ],
      rowGroupSize: 3,
    })
    write('holes.parquet', new Uint8Array(table))
    const set = await open('holes.parquet')
    expect(set.report.unreadable).toEqual([
      { path: '2.image', reason: 'the row has no label' },
      { path: '1.image', reason: 'the row contains no image bytes' },
    ])
    expect(counts(set)).toEqual({ a: [2, 1], b: [1, 1] })
  })

  it('without images, or damaged, is refused with its columns', async () => {
    const text = parquetWriteBuffer({ columnData: [{ name: 'review', data: ['good'], type: 'STRING' }] })
    write('text.parquet', new Uint8Array(text))
    await expect(open('text.parquet')).rejects.toThrow(/text\.parquet has the columns review; expected image bytes/)
    write('cut.parquet', (await parquet(1, [0, 1])).subarray(0, -40))
    await expect(open('cut.parquet')).rejects.toThrow(/cut\.parquet cannot be read as a parquet file/)
  })
})

describe('in the page', () => {
  it('several dropped archives give the same dataset as their folder on the command line', async () => {
    const files = {
      'ILSVRC2012_img_train.tar': await trainTar(),
      'ILSVRC2012_img_val.tar': await validationTar(),
      'val.txt': new TextEncoder().encode(
        'ILSVRC2012_val_00000001.JPEG 1\nILSVRC2012_val_00000002.JPEG 0\nILSVRC2012_val_00000003.JPEG 1\n',
      ),
    }
    for (const [name, bytes] of Object.entries(files)) write(`both/${name}`, bytes)
    const dropped = Object.entries(files).map(([path, bytes]) => ({ path, file: new File([bytes as BlobPart], path) }))
    const readNames = async () => '01440764 tench\n01443537 goldfish\n'
    const options = { fetchBytes: async () => new Uint8Array(0), decode, readNames, ...split }
    const input = { kind: 'files', name: '3 dropped items', files: dropped } as const
    const [page, line] = [await openInput(input, options, () => {}, signal), await open('both')]
    expect(page.report.classes).toEqual(line.report.classes)
    expect(page.report.fingerprint).toBe(line.report.fingerprint)
  })
})
