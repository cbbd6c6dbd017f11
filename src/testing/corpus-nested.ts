/** Broken or excessive input: archives within archives, compressed tars and parquet files. */
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { BadInput, NamedBytes } from './bad-input.ts'
import { asTar } from './corpus-tar.ts'
import { asZip } from './corpus-zip.ts'
import { rawTar, rawZip } from './raw-archives.ts'

const text = (content: string) => new TextEncoder().encode(content)

/** The files in `depth` archives, each inside the next. */
function nested(good: readonly NamedBytes[], depth: number, stored: boolean): Uint8Array {
  let inner = rawTar(asTar(good))
  for (let i = 1; i < depth; i++)
    inner =
      i % 2
        ? rawZip([{ name: `inner${i}.tar`, bytes: inner, stored }])
        : rawTar([{ name: `inner${i}.zip`, bytes: inner }])
  return inner
}

export function nestedArchives(good: readonly NamedBytes[]): BadInput[] {
  const zip = (name: string, bytes: Uint8Array, stored = false) => rawZip([{ name, bytes, stored }, ...asZip(good)])
  const inner = rawTar([{ name: 'x/1.png', bytes: good[0].bytes }])
  return [
    { name: 'nested three deep, deflated', files: [{ path: 'set.tar', bytes: nested(good, 3, false) }], refused: {} },
    { name: 'nested three deep, stored', files: [{ path: 'set.tar', bytes: nested(good, 3, true) }], refused: {} },
    {
      name: 'nested four deep',
      files: [{ path: 'set.zip', bytes: nested(good, 4, false) }],
      error: /nested in 3 archives, which is too deep/,
    },
    {
      name: 'nested four deep beside others',
      files: [{ path: 'set.zip', bytes: zip('deep.zip', nested(good, 3, true)) }],
      refused: { 'deep.zip: inner2.zip: inner1.tar': /nested in 3 archives/ },
    },
    {
      name: 'a .tar.gz in a zip',
      files: [{ path: 'set.zip', bytes: rawZip([{ name: 'in.tar.gz', bytes: gzipSync(rawTar(asTar(good))) }]) }],
      refused: {},
    },
    {
      name: 'a broken archive in a zip',
      files: [{ path: 'set.zip', bytes: zip('bad.tar', inner.subarray(0, 520)) }],
      refused: { 'bad.tar': /no file in .*bad\.tar/ },
    },
    {
      name: 'a text with the name of an archive in a zip',
      files: [{ path: 'set.zip', bytes: zip('bad.zip', text('no')) }],
      refused: { 'bad.zip': /is not a \.zip, \.tar/ },
    },
    {
      name: 'a broken archive beside a good one',
      files: [
        { path: 'good.tar', bytes: rawTar(asTar(good)) },
        { path: 'bad.zip', bytes: text('PK\x03\x04') },
      ],
      refused: { 'bad.zip': /cannot be read as a zip/ },
    },
    {
      name: 'a .gz of zeros',
      files: [{ path: 'set.tar.gz', bytes: gzipSync(new Uint8Array(2 ** 27)) }],
      error: /its unpacked size exceeds 64 MiB/,
    },
    {
      name: 'a .gz in a .gz',
      files: [{ path: 'set.tar.gz', bytes: gzipSync(gzipSync(text('x'))) }],
      error: /compressed twice/,
    },
    {
      name: 'a .gz of text',
      files: [{ path: 'set.tar.gz', bytes: gzipSync(text('no tar')) }],
      error: /is not a \.zip, \.tar/,
    },
  ]
}

/** A table of the good images with two rows per group. */
export function goodTable(good: readonly NamedBytes[], codec: 'SNAPPY' | 'UNCOMPRESSED' = 'SNAPPY'): Uint8Array {
  const labels = good.map(({ path }) => path[0])
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'image', data: good.map(({ bytes }) => bytes), type: 'BYTE_ARRAY' },
        { name: 'label', data: labels, type: 'STRING' },
      ],
      rowGroupSize: 2,
      codec,
    }),
  )
}

export function parquets(good: readonly NamedBytes[]): BadInput[] {
  const table = goodTable(good)
  const length = new DataView(table.buffer).getUint32(table.length - 8, true)
  const broken = (name: string, bytes: Uint8Array, error: RegExp): BadInput => ({
    name: `parquet: ${name}`,
    files: [{ path: 'set.parquet', bytes }],
    error,
  })
  const footer = table.slice()
  footer.fill(0xff, table.length - 8 - length, table.length - 8)
  const lying = table.slice()
  new DataView(lying.buffer).setUint32(table.length - 8, 2 ** 31, true)
  const damaged = table.slice()
  // Overwrites the pages of the first images.
  damaged.fill(0xff, 4, 40)
  return [
    broken('a truncated file', table.subarray(0, -20), /cannot be read as a parquet file/),
    broken('an overwritten footer', footer, /cannot be read as a parquet file/),
    broken('a footer longer than the file', lying, /cannot be read as a parquet file/),
    broken('only the format’s mark', text('PAR1'), /set\.parquet/),
    {
      name: 'parquet: a damaged group of rows',
      files: [
        { path: 'set.parquet', bytes: damaged },
        ...good.map(({ path, bytes }) => ({ path: `${path[0]}/${path.slice(2)}`, bytes })),
      ],
      refused: { 'set/0.image': /./, 'set/1.image': /./ },
      more: 4,
    },
  ]
}
