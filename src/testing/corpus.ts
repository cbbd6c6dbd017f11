/** Bad input, made anew by each run: what researchers may meet, and what somebody may send them. */
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { stream } from '../random.ts'
import { picture } from './archives.ts'
import { base256, paxRecord, type RawTarMember, type RawZipFile, rawTar, rawZip } from './raw-archives.ts'

export interface NamedBytes {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Files to drop, and what must come of it. */
export interface BadInput {
  readonly name: string
  readonly files: readonly NamedBytes[]
  /** The set is refused, with this message. */
  readonly error?: RegExp
  /** Otherwise all good images are read, and these files are listed with these reasons. */
  readonly refused?: Readonly<Record<string, RegExp>>
  /** Images that are read besides the six good ones. */
  readonly more?: number
}

const text = (content: string) => new TextEncoder().encode(content)

/** Two classes of three images. */
export const goodFiles = (): Promise<NamedBytes[]> =>
  Promise.all(
    ['a', 'b'].flatMap((folder, c) =>
      [0, 1, 2].map(async (i) => ({
        path: `${folder}/${i}.${i === 2 ? 'jpg' : 'png'}`,
        bytes: new Uint8Array(await picture(60 * c + 9 * i, i === 2 ? 'jpeg' : 'png')),
      })),
    ),
  )

/** The same bytes with some bits the other way round. */
export function flipped(bytes: Uint8Array, seed: number, count = 1): Uint8Array {
  const random = stream(seed, 'flip')
  const copy = Uint8Array.from(bytes)
  for (let i = 0; i < count; i++) copy[random.integer(copy.length)] ^= 1 << random.integer(8)
  return copy
}

async function images(good: readonly NamedBytes[]): Promise<BadInput[]> {
  const jpeg = new Uint8Array(await picture(200, 'jpeg', 64))
  const png = new Uint8Array(await picture(201, 'png', 64))
  const bad = (path: string, bytes: Uint8Array, reason: RegExp): BadInput => ({
    name: `image: ${reason.source}`,
    files: [...good, { path: `a/${path}`, bytes }],
    refused: { [`a/${path}`]: reason },
  })
  const broken = png.slice()
  broken[png.length - 30] ^= 4
  return [
    bad('cut.jpg', jpeg.subarray(0, -50), /the JPEG breaks off/),
    bad('head.jpg', jpeg.subarray(0, 30), /the JPEG breaks off/),
    bad('cut.png', png.subarray(0, -8), /the PNG breaks off/),
    bad('flipped.png', broken, /the PNG is damaged/),
    bad('empty.png', new Uint8Array(0), /the file is empty/),
    bad('zeros.jpg', new Uint8Array(3000), /nothing but zeros/),
    bad('page.jpg', text('<!doctype html><title>404</title>'), /an HTML page, not an image/),
    bad('photo.jpg', text('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), /unsupported: HEIC/),
    bad('pointer.png', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /a Git LFS pointer/),
  ]
}

const asZip = (files: readonly NamedBytes[]): RawZipFile[] => files.map(({ path, bytes }) => ({ name: path, bytes }))

function zips(good: readonly NamedBytes[]): BadInput[] {
  const bytes = good[0].bytes
  const zip = (name: string, extra: RawZipFile[], refused: BadInput['refused'], more = 0): BadInput => ({
    name: `zip: ${name}`,
    files: [{ path: 'set.zip', bytes: rawZip([...asZip(good), ...extra]) }],
    refused,
    more,
  })
  const broken = (name: string, content: Uint8Array, error: RegExp): BadInput => ({
    name: `zip: ${name}`,
    files: [{ path: 'set.zip', bytes: content }],
    error,
  })
  const zeros = new Uint8Array(2 ** 22)
  const whole = rawZip(asZip(good))
  return [
    zip('a path that leads out', [{ name: 'a/../../x.png', bytes }], { 'a/../../x.png': /leads out/ }),
    zip('an absolute path', [{ name: '/a/x.png', bytes }], { '/a/x.png': /absolute/ }),
    zip('a drive', [{ name: 'C:/a/x.png', bytes }], { 'C:/a/x.png': /names a drive/ }),
    zip('a backslash', [{ name: 'a\\x.png', bytes }], { 'a\\x.png': /backslash/ }),
    zip('Windows’ separators', [{ name: 'a\\x.png', bytes, system: 0, mode: 0 }], {}, 1),
    zip('Windows’ way out', [{ name: '..\\x.png', bytes, system: 0, mode: 0 }], { '../x.png': /leads out/ }),
    zip('a NUL', [{ name: 'a/x\0.png', bytes }], { 'a/x␀.png': /NUL/ }),
    zip('a control character', [{ name: 'a/x\n.png', bytes }], {}, 1),
    zip('the same name twice', [{ name: 'a/0.png', bytes: good[3].bytes }], { 'a/0.png': /same name comes later/ }),
    zip('a name of code page 437', [{ name: Uint8Array.of(0x61, 0x2f, 0x81, 0x2e, 0x70, 0x6e, 0x67), bytes }], {}, 1),
    zip(
      'a name that only says it is UTF-8',
      [{ name: Uint8Array.of(0x61, 0x2f, 0xff, 0x2e, 0x70, 0x6e, 0x67), bytes, flags: 2048 }],
      {},
      1,
    ),
    zip('a symbolic link', [{ name: 'a/l.png', bytes: text('/etc/passwd'), mode: 0o120777 }], {
      'a/l.png': /symbolic link/,
    }),
    zip('a pipe', [{ name: 'a/p.png', bytes, mode: 0o010644 }], { 'a/p.png': /a device or a pipe/ }),
    zip('one encrypted file', [{ name: 'a/e.png', bytes, flags: 1 }], { 'a/e.png': /encrypted/ }),
    zip('an unknown method', [{ name: 'a/m.png', bytes, method: 12 }], {
      'a/m.png': /a method that is not read \(12\)/,
    }),
    zip('a bomb by its ratio', [{ name: 'a/bomb.png', bytes: zeros }], { 'a/bomb.png': /more than 1000 times/ }),
    zip('a bomb by its size', [{ name: 'a/big.png', bytes, unpacked: 2 ** 29 }], { 'a/big.png': /more than 256 MiB/ }),
    zip('a bomb that lies', [{ name: 'a/lie.png', bytes: zeros, unpacked: 500 }], {
      'a/lie.png': /unpacks to more than the list/,
    }),
    zip('a size that is too large', [{ name: 'a/lie.png', bytes, unpacked: bytes.length + 9 }], {
      'a/lie.png': /unpacks to less/,
    }),
    zip('a size no file has', [{ name: 'a/s.png', bytes, packed: 2 ** 31, stored: true, unpacked: 9 }], {
      'a/s.png': /breaks off/,
    }),
    zip('a wrong checksum', [{ name: 'a/c.png', bytes, checksum: 1 }], { 'a/c.png': /checksum is wrong/ }),
    zip('a file that is not there', [{ name: 'a/n.png', bytes, absent: true }], {
      'a/n.png': /its header is not where/,
    }),
    zip('Zip64 without its sizes', [{ name: 'a/z.png', bytes, unpacked: 0xffffffff, packed: 0xffffffff }], {
      'a/z.png': /./,
    }),
    zip(
      'files that share their bytes',
      [{ name: 'c/1.png', bytes, offset: 0, absent: true }],
      { 'a/0.png': /shares/, 'c/1.png': /shares/ },
      -1,
    ),
    broken('cut', whole.subarray(0, -60), /set\.zip cannot be read as a zip archive/),
    broken('only the beginning', whole.subarray(0, 100), /set\.zip cannot be read as a zip archive/),
    broken('no list', rawZip(asZip(good), { directoryOffset: 3 }).subarray(0, 40), /set\.zip/),
    broken(
      'all encrypted',
      rawZip(good.map(({ path, bytes: b }) => ({ name: path, bytes: b, flags: 1 }))),
      /is encrypted/,
    ),
    broken(
      'nothing but ways out',
      rawZip([{ name: '../x.png', bytes }]),
      /nothing in set\.zip can be read \(\.\.\/x\.png: .*leads out/,
    ),
  ]
}

const asTar = (files: readonly NamedBytes[]): RawTarMember[] => files.map(({ path, bytes }) => ({ name: path, bytes }))

function tars(good: readonly NamedBytes[]): BadInput[] {
  const bytes = good[0].bytes
  const tar = (name: string, extra: RawTarMember[], refused: BadInput['refused'], more = 0): BadInput => ({
    name: `tar: ${name}`,
    // What is bad comes in the middle, and the rest must be read all the same.
    files: [{ path: 'set.tar', bytes: rawTar([...asTar(good.slice(0, 3)), ...extra, ...asTar(good.slice(3))]) }],
    refused,
    more,
  })
  const pax = (...records: Uint8Array[]): RawTarMember => ({ name: 'pax', kind: 'x', bytes: Buffer.concat(records) })
  const whole = rawTar(asTar(good), 0)
  return [
    tar('a path that leads out', [{ name: '../x.png', bytes }], { '../x.png': /leads out/ }),
    tar('an absolute path', [{ name: '/etc/x.png', bytes }], { '/etc/x.png': /absolute/ }),
    tar('a symbolic link', [{ name: 'a/l.png', kind: '2' }], { 'a/l.png': /symbolic link/ }),
    tar('a link with a size', [{ name: 'a/l.png', kind: '1', size: '00000001000\0' }], { 'a/l.png': /hard link/ }),
    tar('a device', [{ name: 'a/d.png', kind: '3' }], { 'a/d.png': /a device/ }),
    tar('a pipe', [{ name: 'a/p.png', kind: '6' }], { 'a/p.png': /a pipe/ }),
    tar('a sparse file', [{ name: 'a/s.png', kind: 'S', bytes }], { 'a/s.png': /sparse/ }),
    tar('a sparse file by pax', [pax(paxRecord('GNU.sparse.major', '1')), { name: 'a/s.png', bytes }], {
      'a/s.png': /sparse/,
    }),
    tar('an unknown kind', [{ name: 'a/u.png', kind: 'Q', bytes }], { 'a/u.png': /unknown kind Q/ }),
    tar('the same name twice', [{ name: 'a/0.png', bytes: good[4].bytes }], { 'a/0.png': /same name comes later/ }),
    tar('a negative size', [{ name: 'a/n.png', size: base256(2 ** 30, true) }], { 'byte 3072': /damaged header/ }),
    tar('a size that is no number', [{ name: 'a/n.png', size: '99999999999\0' }], { 'byte 3072': /damaged header/ }),
    tar('a wrong checksum', [{ name: 'a/w.png', bytes, wrongChecksum: true }], { 'byte 3072': /damaged header/ }),
    tar('a huge pax header', [{ name: 'pax', kind: 'x', size: base256(2 ** 40) }], { 'byte 3072': /damaged header/ }),
    tar('pax’s name', [pax(paxRecord('path', 'a/é\t☃.png')), { name: 'short', bytes }], {}, 1),
    tar(
      'pax’s name in another encoding',
      [pax(paxRecord('path', Uint8Array.of(0x61, 0x2f, 0xe9, 0x2e, 0x70, 0x6e, 0x67))), { name: 's', bytes }],
      {},
      1,
    ),
    tar('pax’s way out', [pax(paxRecord('path', 'a/../../x.png')), { name: 's', bytes }], {
      'a/../../x.png': /leads out/,
    }),
    tar(
      'pax’s size',
      [pax(paxRecord('size', String(bytes.length))), { name: 'a/x.png', bytes, size: '00000000000\0' }],
      {},
      1,
    ),
    tar('a size of pax that is none', [pax(paxRecord('size', '-5')), { name: 'a/x.png', bytes }], {
      'byte 4096': /damaged header/,
    }),
    tar(
      'damaged pax',
      [
        { name: 'pax', kind: 'x', bytes: text('99999 path=') },
        { name: 'a/x.png', bytes },
      ],
      {},
      1,
    ),
    tar('global pax', [{ name: 'g', kind: 'g', bytes: paxRecord('comment', 'x') }], {}),
    tar(
      'a long name',
      [
        { name: 'L', kind: 'L', bytes: text(`a/${'x'.repeat(200)}.png\0`) },
        { name: 'a/x', bytes },
      ],
      {},
      1,
    ),
    tar('a size in base 256', [{ name: 'a/x.png', bytes, size: base256(bytes.length) }], {}, 1),
    tar('a name in no encoding', [{ name: Uint8Array.of(0x61, 0x2f, 0xc3, 0x2e, 0x70, 0x6e, 0x67), bytes }], {}, 1),
    {
      name: 'tar: cut in the middle of a file',
      files: [
        {
          path: 'set.tar',
          bytes: Buffer.concat([whole, rawTar([{ name: 'b/9.png', bytes: new Uint8Array(3000) }]).subarray(0, 900)]),
        },
      ],
      refused: { 'b/9.png': /set\.tar breaks off/ },
    },
    {
      name: 'tar: garbage behind its end',
      files: [{ path: 'set.tar', bytes: Buffer.concat([whole, text('x'.repeat(5000))]) }],
      refused: { [`byte ${whole.length}`]: /damaged header/ },
    },
    {
      name: 'tar: nothing whole',
      files: [{ path: 'set.tar', bytes: whole.subarray(0, 560) }],
      error: /nothing in set\.tar can be read/,
    },
  ]
}

/** A file in `depth` archives, each in the next. */
function nested(good: readonly NamedBytes[], depth: number, stored: boolean): Uint8Array {
  let inner = rawTar(asTar(good))
  for (let i = 1; i < depth; i++)
    inner =
      i % 2
        ? rawZip([{ name: `inner${i}.tar`, bytes: inner, stored }])
        : rawTar([{ name: `inner${i}.zip`, bytes: inner }])
  return inner
}

function nests(good: readonly NamedBytes[]): BadInput[] {
  const zip = (name: string, bytes: Uint8Array, stored = false) => rawZip([{ name, bytes, stored }, ...asZip(good)])
  const inner = rawTar([{ name: 'x/1.png', bytes: good[0].bytes }])
  return [
    { name: 'nested three deep, deflated', files: [{ path: 'set.tar', bytes: nested(good, 3, false) }], refused: {} },
    { name: 'nested three deep, stored', files: [{ path: 'set.tar', bytes: nested(good, 3, true) }], refused: {} },
    {
      name: 'nested four deep',
      files: [{ path: 'set.zip', bytes: nested(good, 4, false) }],
      error: /an archive 3 archives deep/,
    },
    {
      name: 'nested four deep beside others',
      files: [{ path: 'set.zip', bytes: zip('deep.zip', nested(good, 3, true)) }],
      refused: { 'deep.zip: inner2.zip: inner1.tar': /archives deep/ },
    },
    {
      name: 'a .tar.gz in a zip',
      files: [{ path: 'set.zip', bytes: rawZip([{ name: 'in.tar.gz', bytes: gzipSync(rawTar(asTar(good))) }]) }],
      refused: {},
    },
    {
      name: 'a broken archive in a zip',
      files: [{ path: 'set.zip', bytes: zip('bad.tar', inner.subarray(0, 520)) }],
      refused: { 'bad.tar': /nothing in .*bad\.tar/ },
    },
    {
      name: 'text that is called an archive in a zip',
      files: [{ path: 'set.zip', bytes: zip('bad.zip', text('no')) }],
      refused: { 'bad.zip': /is no \.zip, \.tar/ },
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
      name: 'a .gz cut off',
      files: [{ path: 'set.tar.gz', bytes: gzipSync(rawTar(asTar(good))).subarray(0, -30) }],
      error: /set\.tar\.gz cannot be unpacked/,
    },
    {
      name: 'a .gz of nothing but zeros',
      files: [{ path: 'set.tar.gz', bytes: gzipSync(new Uint8Array(2 ** 27)) }],
      error: /unpacked it takes more than 64 MiB/,
    },
    {
      name: 'a .gz in a .gz',
      files: [{ path: 'set.tar.gz', bytes: gzipSync(gzipSync(text('x'))) }],
      error: /compressed twice/,
    },
    {
      name: 'a .gz of text',
      files: [{ path: 'set.tar.gz', bytes: gzipSync(text('no tar')) }],
      error: /is no \.zip, \.tar/,
    },
  ]
}

/** A table of the good images, two rows a group. */
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

function parquets(good: readonly NamedBytes[]): BadInput[] {
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
  // The pages of the first images.
  damaged.fill(0xff, 4, 40)
  return [
    broken('a cut file', table.subarray(0, -20), /cannot be read as a parquet file/),
    broken('a footer of nothing', footer, /cannot be read as a parquet file/),
    broken('a footer longer than the file', lying, /cannot be read as a parquet file/),
    broken('nothing but its mark', text('PAR1'), /set\.parquet/),
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

export async function badInputs(): Promise<BadInput[]> {
  const good = await goodFiles()
  return [...(await images(good)), ...zips(good), ...tars(good), ...nests(good), ...parquets(good)]
}
