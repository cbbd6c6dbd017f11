/** Tars in gzip files of several members, with padding, garbage, damage and cuts. */
import { gzipSync } from 'node:zlib'
import { stream } from '../random.ts'
import type { BadInput, NamedBytes } from './bad-input.ts'
import { asTar } from './corpus-tar.ts'
import { asZip } from './corpus-zip.ts'
import { bgzip, type RawGzipMember, rawGzip, rawTar, rawZip } from './raw-archives.ts'

const text = (content: string) => new TextEncoder().encode(content)
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const zeros = (count: number) => new Uint8Array(count)

/** The same bytes in members that begin at the given positions. */
const split = (bytes: Uint8Array, ...at: number[]): RawGzipMember[] =>
  [0, ...at].map((from, i) => ({ bytes: bytes.subarray(from, at[i] ?? bytes.length) }))

export function gzips(good: readonly NamedBytes[]): BadInput[] {
  const tar = rawTar(asTar(good))
  const [first, last] = [rawTar(asTar(good.slice(0, 3))), rawTar(asTar(good.slice(3)))]
  const gz = (name: string, bytes: Uint8Array, rest: Omit<BadInput, 'name' | 'files'> = {}): BadInput => ({
    name: `gzip: ${name}`,
    files: [{ path: 'set.tar.gz', bytes }],
    ...rest,
  })
  const whole = new Uint8Array(gzipSync(tar))
  return [
    gz('two members of one tar', rawGzip(split(tar, 700))),
    gz('five members, one of them empty', rawGzip(split(tar, 1, 512, 512, 2000))),
    gz('a member for each of two tars', rawGzip([{ bytes: first }, { bytes: last }])),
    gz('blocks of bgzip', bgzip(tar, 300)),
    gz('only the empty block of bgzip', bgzip(zeros(0), 300), { error: /set\.tar\.gz contains no files/ }),
    gz('a tar without files', rawGzip([{ bytes: zeros(10240) }]), { error: /set\.tar\.gz contains no files/ }),
    gz('padded with zeros', joined(whole, zeros(512))),
    gz('two members, padded with zeros', joined(rawGzip(split(tar, 2000)), zeros(100_000))),
    gz('a member behind zeros', joined(rawGzip([{ bytes: first }]), zeros(9), rawGzip([{ bytes: last }]))),
    gz('garbage behind the end', joined(whole, text('garbage')), {
      notes: [/set\.tar\.gz: the last 7 bytes are behind its end and no part of a gzip file/],
    }),
    gz('zeros and garbage behind the end', joined(whole, zeros(100), text('garbage')), {
      notes: [/set\.tar\.gz: the last 7 bytes are behind its end/],
    }),
    gz('one byte of the mark behind the end', joined(whole, Uint8Array.of(0x1f)), {
      notes: [/set\.tar\.gz: the last byte is behind its end/],
    }),
    gz(
      'every field of the header',
      rawGzip([
        { bytes: first, name: 'a.tar', comment: 'a comment', extra: text('x'.repeat(3000)), headerChecksum: true },
        { bytes: last, name: 'b.tar', headerChecksum: true },
      ]),
    ),
    { name: 'gzip: a .tgz', files: [{ path: 'set.tgz', bytes: joined(whole, zeros(3)) }] },
    {
      name: 'gzip: members in a zip',
      files: [
        { path: 'set.zip', bytes: rawZip([{ name: 'in.tar.gz', bytes: joined(rawGzip(split(tar, 600)), zeros(40)) }]) },
      ],
    },
    {
      name: 'gzip: members in a tar',
      files: [
        { path: 'set.tar', bytes: rawTar([{ name: 'in.tgz', bytes: joined(rawGzip(split(tar, 600)), text('!')) }]) },
      ],
      notes: [/in\.tgz in set\.tar: the last byte is behind its end/],
    },
    { name: 'gzip: a zip', files: [{ path: 'set.zip.gz', bytes: rawGzip(split(rawZip(asZip(good)), 90)) }] },
    ...damaged(good),
  ]
}

/** Bytes that cannot be compressed. */
function noiseBytes(count: number): Uint8Array {
  const random = stream(1, 'noise')
  return Uint8Array.from({ length: count }, () => random.integer(256))
}

/** A zip in two members, the second of which has a wrong checksum. */
function zipDamagedAtEnd(good: readonly NamedBytes[]): Uint8Array {
  const [first, last] = split(rawZip(asZip(good)), 300)
  return rawGzip([first, { ...last, checksum: 1 }])
}

/** Gzip files with false or missing parts. */
function damaged(good: readonly NamedBytes[]): BadInput[] {
  const tar = rawTar(asTar(good))
  const more = rawTar([
    { name: 'b/8.png', bytes: good[0].bytes },
    { name: 'b/9.png', bytes: good[1].bytes },
  ])
  const gz = (name: string, bytes: Uint8Array, rest: Omit<BadInput, 'name' | 'files'> = {}): BadInput => ({
    name: `gzip: ${name}`,
    files: [{ path: 'set.tar.gz', bytes }],
    ...rest,
  })
  const whole = rawGzip([{ bytes: tar }])
  const second = (reason: RegExp) => ({
    refused: {
      [`gzip byte ${whole.length}`]: reason,
      'b/8.png': /in a damaged part of set\.tar\.gz/,
      'b/9.png': /in a damaged part of set\.tar\.gz/,
    },
  })
  const noise = (bytes: Uint8Array, at: number) => {
    const copy = bytes.slice()
    copy.fill(0xff, at, at + 12)
    return copy
  }
  const last = { name: 'b/9.png', bytes: noiseBytes(3000) }
  const long = rawGzip([{ bytes: rawTar([...asTar(good), last]) }])
  const inLast = rawGzip([{ bytes: rawTar([...asTar(good), last], 0).subarray(0, -700) }])
  const cut = /set\.tar\.gz is truncated here; the files behind it are missing/
  return [
    gz('a wrong checksum', rawGzip([{ bytes: tar, checksum: 1 }]), {
      error: /set\.tar\.gz cannot be unpacked \(member 1: its checksum is wrong\); download or pack it again/,
    }),
    gz('a wrong checksum of a named member', rawGzip([{ bytes: tar, name: 'x.tar', checksum: 1 }]), {
      error: /cannot be unpacked \(member 1, x\.tar: its checksum is wrong\)/,
    }),
    gz('a wrong length', rawGzip([{ bytes: tar, length: 1 }]), { error: /member 1: its length is wrong/ }),
    gz('a wrong checksum of its header', rawGzip([{ bytes: tar, headerChecksum: true }]).fill(0, 10, 12), {
      error: /member 1: its header is damaged/,
    }),
    gz('another method', whole.slice().fill(7, 2, 3), { error: /member 1: its header is damaged/ }),
    gz('damaged from the start', noise(whole, 10), { error: /member 1: its compressed data is damaged/ }),
    gz(
      'a wrong checksum in the last member',
      rawGzip([{ bytes: tar }, { bytes: more, name: 'x', checksum: 1 }]),
      second(/member 2, x: its checksum is wrong/),
    ),
    gz('a wrong checksum in the first member', rawGzip([{ bytes: more, checksum: 1 }, { bytes: tar }]), {
      refused: {
        'gzip byte 0': /member 1: its checksum is wrong/,
        'b/8.png': /in a damaged part/,
        'b/9.png': /in a damaged part/,
      },
    }),
    gz(
      'a wrong length in the last member',
      rawGzip([{ bytes: tar }, { bytes: more, length: 1 }]),
      second(/its length/),
    ),
    gz('a damaged last member', noise(rawGzip([{ bytes: tar }, { bytes: more }]), whole.length + 10), {
      refused: { [`gzip byte ${whole.length}`]: /its compressed data is damaged.*everything behind it is lost/ },
    }),
    gz('a zip with a wrong checksum', rawGzip([{ bytes: zeros(0) }, { bytes: rawZip(asZip(good)), checksum: 1 }]), {
      error: /cannot be unpacked \(member 2: its checksum is wrong\)/,
    }),
    gz('a zip with a wrong checksum in its end', zipDamagedAtEnd(good), {
      error: /cannot be unpacked \(member 2: its checksum is wrong\)/,
    }),
    gz('truncated in its checksum', whole.subarray(0, -6), { refused: { [`gzip byte ${whole.length - 6}`]: cut } }),
    gz('truncated in its length', whole.subarray(0, -1), { refused: { [`gzip byte ${whole.length - 1}`]: cut } }),
    gz('truncated in the middle of a file', inLast.subarray(0, -9), {
      refused: { [`gzip byte ${inLast.length - 9}`]: cut, 'b/9.png': /truncated in the middle of this file/ },
    }),
    gz('truncated far from its end', long.subarray(0, -1500), {
      refused: { [`gzip byte ${long.length - 1500}`]: cut, 'b/9.png': /truncated in the middle of this file/ },
    }),
    gz('truncated in a second header', joined(whole, whole.subarray(0, 7)), {
      refused: { [`gzip byte ${whole.length + 7}`]: cut },
    }),
    gz('only a header', whole.subarray(0, 7), { error: /set\.tar\.gz cannot be unpacked \(it is truncated\)/ }),
  ]
}

/** Two tars with links into each other, in members of gzip. */
export function linkedMembers(good: readonly NamedBytes[]): Uint8Array {
  const first = rawTar([...asTar(good.slice(0, 3)), { name: 'a/later.png', kind: '1', link: 'b/0.png' }])
  const last = rawTar([{ name: 'b/link.png', kind: '2', link: '../a/0.png' }, ...asTar(good.slice(3))])
  return rawGzip([...split(first, 900), { bytes: last, name: 'last.tar' }], zeros(40))
}
