/** Pairs of datasets with equal names and sizes, but other images. */
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { bmpOf, picture } from './archives.ts'
import type { NamedBytes } from './bad-input.ts'
import { goodTable } from './corpus-nested.ts'
import { asTar } from './corpus-tar.ts'
import { rawTar, rawZip } from './raw-archives.ts'

export interface Twins {
  readonly name: string
  readonly before: readonly NamedBytes[]
  readonly after: readonly NamedBytes[]
}

const paths = ['a', 'b'].flatMap((folder) => [0, 1, 2].map((i) => `${folder}/${i}`))

const imagesBy = (extension: string, imageOf: (i: number) => Promise<Uint8Array> | Uint8Array) =>
  Promise.all(paths.map(async (path, i) => ({ path: `${path}.${extension}`, bytes: new Uint8Array(await imageOf(i)) })))

const bmp = (shade: number) => bmpOf(8, 8, (x, y) => [shade, x, y])

/** A BMP of 120 KB; `mark` colors one pixel that is neither near the beginning, the middle nor the end. */
const marked = (shade: number, mark: number) =>
  bmpOf(200, 200, (x, y) => (x === 90 && y === 60 ? [mark, mark, mark] : [shade, x, y]))

const png = (shade: number) =>
  sharp({ create: { width: 9, height: 8, channels: 3, background: { r: shade, g: 1, b: 2 } } })
    .png({ compressionLevel: 0 })
    .toBuffer()

/** A JPEG of exactly 1,200 bytes, by a comment. */
async function jpeg(shade: number): Promise<Uint8Array> {
  const bytes = await picture(shade, 'jpeg', 16)
  const comment = Buffer.alloc(1200 - bytes.length, 0x20)
  comment.writeUInt16BE(0xfffe, 0)
  comment.writeUInt16BE(comment.length - 2, 2)
  return Buffer.concat([bytes.subarray(0, 2), comment, bytes.subarray(2)])
}

const inStoredZip = (files: readonly NamedBytes[]) =>
  rawZip(files.map(({ path, bytes }) => ({ name: path, bytes, stored: true })))
const single = (path: string, bytes: Uint8Array) => [{ path, bytes: new Uint8Array(bytes) }]

/** A shard of images with labels beside them. */
const shard = (shades: readonly number[], labels: readonly string[]) =>
  rawTar(
    shades.flatMap((shade, i) => [
      { name: `00${i}.bmp`, bytes: bmp(shade) },
      { name: `00${i}.cls`, bytes: new TextEncoder().encode(labels[i]) },
    ]),
  )

export async function twins(): Promise<Twins[]> {
  const [before, after] = await Promise.all([0, 100].map((shade) => imagesBy('bmp', (i) => bmp(shade + i))))
  const twin = async (extension: string, imageOf: (shade: number) => Promise<Uint8Array> | Uint8Array) => ({
    before: await imagesBy(extension, (i) => imageOf(i)),
    after: await imagesBy(extension, (i) => imageOf(100 + i)),
  })
  const packed = (path: string, pack: (files: readonly NamedBytes[]) => Uint8Array) => ({
    before: single(path, pack(before)),
    after: single(path, pack(after)),
  })
  const [x, y] = [shard([1, 2, 3, 4], ['a', 'a', 'b', 'b']), shard([5, 6, 7, 8], ['a', 'a', 'b', 'b'])]
  const relabeled = shard([1, 2, 3, 4], ['b', 'a', 'b', 'a'])
  const shards = (first: Uint8Array, second: Uint8Array) => [
    { path: 'train-0.tar', bytes: first },
    { path: 'train-1.tar', bytes: second },
  ]
  return [
    { name: 'BMPs', before, after },
    {
      name: 'large BMPs that differ in one pixel',
      before: await imagesBy('bmp', (i) => marked(i, 0)),
      after: await imagesBy('bmp', (i) => marked(i, 255)),
    },
    {
      name: 'two exchanged files',
      before,
      after: before.map((file, i) => ({ ...file, bytes: before[(i + 3) % 6].bytes })),
    },
    { name: 'PNGs', ...(await twin('png', png)) },
    { name: 'JPEGs', ...(await twin('jpg', jpeg)) },
    { name: 'a tar', ...packed('set.tar', (files) => rawTar(asTar(files))) },
    {
      name: 'a tar that was repacked in another order',
      before: single('set.tar', rawTar(asTar(before))),
      after: single('set.tar', rawTar(asTar([...after].reverse()))),
    },
    { name: 'a zip', ...packed('set.zip', inStoredZip) },
    { name: 'a .tar.gz', ...packed('set.tar.gz', (files) => gzipSync(rawTar(asTar(files)), { level: 0 })) },
    {
      name: 'a tar in a zip',
      ...packed('set.zip', (files) => rawZip([{ name: 'in.tar', bytes: rawTar(asTar(files)), stored: true }])),
    },
    { name: 'a parquet file', ...packed('set.parquet', (files) => goodTable(files, 'UNCOMPRESSED')) },
    { name: 'shards that were exchanged', before: shards(x, y), after: shards(y, x) },
    { name: 'shards with other labels', before: shards(x, y), after: shards(relabeled, y) },
    {
      name: 'equal paths in archives of one archive',
      before: single('set.zip', inStoredZip(shards(x, y))),
      after: single('set.zip', inStoredZip(shards(y, x))),
    },
  ]
}
