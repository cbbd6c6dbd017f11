/** Tars of several archives, with zeros and garbage around their ends, and with links. */
import type { BadInput, NamedBytes } from './bad-input.ts'
import { asTar } from './corpus-tar.ts'
import { asZip } from './corpus-zip.ts'
import { paxRecord, type RawTarMember, rawTar, rawZip } from './raw-archives.ts'

const text = (content: string) => new TextEncoder().encode(content)
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const zeros = (count: number) => new Uint8Array(count)

export function tarEnds(good: readonly NamedBytes[]): BadInput[] {
  const [first, last] = [good.slice(0, 3), good.slice(3)]
  const tar = (name: string, bytes: Uint8Array, rest: Omit<BadInput, 'name' | 'files'> = {}): BadInput => ({
    name: `tar: ${name}`,
    files: [{ path: 'set.tar', bytes }],
    ...rest,
  })
  const [begin, end] = [rawTar(asTar(first)), rawTar(asTar(last))]
  const whole = rawTar(asTar(good))
  const large = { name: 'a/big.txt', bytes: text('x'.repeat(9000)) }
  return [
    tar('two archives in one file', joined(begin, end)),
    tar('two archives, padded to whole records', joined(begin, zeros(10240), end, zeros(10240))),
    tar('three archives, the middle one empty', joined(begin, zeros(10240), end)),
    tar('an empty archive before another', joined(zeros(1024), whole)),
    tar('a single block of zeros in the middle', joined(rawTar(asTar(first), 512), end)),
    tar('two archives, the first without an end', joined(rawTar(asTar(first), 0), end)),
    tar('a mebibyte of zeros between two archives', joined(begin, zeros(2 ** 20), end)),
    tar(
      'a global header that ends with its archive',
      joined(
        rawTar([
          { name: 'g', kind: 'g', bytes: paxRecord('size', String(first[0].bytes.length)) },
          ...asTar([first[0]]),
        ]),
        rawTar(asTar(good.slice(1))),
      ),
    ),
    tar('the same file in two archives', joined(begin, whole), {
      refused: Object.fromEntries(first.map(({ path }) => [path, /a later file in the archive has the same name/])),
    }),
    tar('text behind its end', joined(whole, text('x'.repeat(5000))), {
      notes: [/set\.tar: the last 5000 bytes are behind its end and no part of a tar/],
    }),
    tar('a few bytes behind its end', joined(whole, text('garbage')), {
      notes: [/set\.tar: the last 7 bytes are behind its end/],
    }),
    tar('bytes between two archives', joined(begin, text('x'.repeat(1024)), end), {
      refused: { [`byte ${begin.length}`]: /damaged header in set\.tar/ },
    }),
    tar('a cut header', joined(rawTar(asTar(good), 0), end.subarray(0, 300)), {
      refused: { [`byte ${whole.length - 1024}`]: /set\.tar is truncated in the middle of a header/ },
    }),
    tar('a truncated second archive', joined(whole, rawTar([large]).subarray(0, 2000)), {
      refused: { 'a/big.txt': /set\.tar is truncated in the middle of this file/ },
    }),
    ...[512, 1024, 10240, 700].map((size) =>
      tar(`only ${size} zeros`, zeros(size), { error: /^set\.tar contains no files\. Choose another archive/ }),
    ),
    tar('only folders', rawTar([{ name: 'a/', kind: '5' }]), {
      error: /^set\.tar contains no files\. Choose another archive/,
    }),
    tar('only an unmarked header of zeros and text', joined(zeros(1024), text('x'.repeat(1024))), {
      error: /set\.tar contains no files.*the last 1024 bytes are behind its end/,
    }),
    {
      name: 'tar: an empty shard among others',
      files: [
        { path: 'train-0.tar', bytes: whole },
        { path: 'train-1.tar', bytes: zeros(10240) },
        { path: 'train-2.tar', bytes: rawTar([{ name: 'a', kind: '5' }]) },
      ],
      notes: [/train-1\.tar contains no files\./, /train-2\.tar contains no files\./],
    },
    {
      name: 'tar: an empty tar in a tar',
      files: [{ path: 'set.tar', bytes: rawTar([...asTar(good), { name: 'none.tar', bytes: zeros(1024) }]) }],
      notes: [/none\.tar in set\.tar contains no files\./],
    },
    {
      name: 'tar: an empty tar in a zip',
      files: [
        { path: 'set.zip', bytes: rawZip([...asZip(good), { name: 'none.tar', bytes: zeros(1024), stored: true }]) },
      ],
      notes: [/none\.tar in set\.zip contains no files\./],
    },
    {
      name: 'zip: only zeros, in a tar',
      files: [{ path: 'set.tar', bytes: rawTar([...asTar(good), { name: 'none.zip', bytes: zeros(1024) }]) }],
      refused: { 'none.zip': /none\.zip in set\.tar contains only zeros/ },
    },
    {
      name: 'zip: only zeros',
      files: [{ path: 'set.zip', bytes: zeros(4096) }],
      error: /set\.zip contains only zeros; copy or download it again/,
    },
  ]
}

export function oldTars(good: readonly NamedBytes[]): BadInput[] {
  const bytes = good[0].bytes
  const octal = bytes.length.toString(8)
  const old = (name: string, extra: RawTarMember[], more = 1): BadInput => ({
    name: `tar: ${name}`,
    files: [{ path: 'set.tar', bytes: rawTar([...asTar(good), ...extra]) }],
    more,
  })
  return [
    {
      name: 'tar: the first Unix format',
      files: [{ path: 'set.tar', bytes: rawTar(asTar(good).map((file) => ({ ...file, old: true }))) }],
    },
    old('a folder of the first Unix format', [{ name: 'a/x/', old: true }], 0),
    old('a link of the first Unix format', [{ name: 'a/l.png', kind: '1', link: 'b/0.png', old: true }]),
    old('a size between spaces', [{ name: 'a/x.png', bytes, size: `  ${octal} `.padEnd(12, ' ') }]),
    old('a size that ends in spaces', [{ name: 'a/x.png', bytes, size: `${octal.padStart(10, '0')} \0` }]),
    old('a size without an end', [{ name: 'a/x.png', bytes, size: octal.padStart(12, '0') }]),
    old('a name of exactly 100 bytes', [{ name: `a/${'n'.repeat(94)}.png`, bytes }]),
  ]
}

export function tarLinks(good: readonly NamedBytes[]): BadInput[] {
  const tar = (name: string, extra: RawTarMember[], rest: Omit<BadInput, 'name' | 'files'>): BadInput => ({
    name: `tar: ${name}`,
    // The links are in the middle: some targets lie before them and some behind.
    files: [{ path: 'set.tar', bytes: rawTar([...asTar(good.slice(0, 3)), ...extra, ...asTar(good.slice(3))]) }],
    ...rest,
  })
  const hard = (name: string, link: string): RawTarMember => ({ name, kind: '1', link })
  const symbolic = (name: string, link: string): RawTarMember => ({ name, kind: '2', link })
  const pax = (key: string, value: string): RawTarMember => ({ name: 'pax', kind: 'x', bytes: paxRecord(key, value) })
  const long = `a/${'y'.repeat(150)}.png`
  const longFile: RawTarMember[] = [pax('path', long), { name: 'short', bytes: good[0].bytes }]
  const refuse = (name: string, extra: RawTarMember[], reason: RegExp, path = 'a/l.png') =>
    tar(name, extra, { refused: { [path]: reason } })
  return [
    tar('a hard link', [hard('b/l.png', 'a/0.png')], { more: 1 }),
    tar('a hard link before its target', [hard('a/l.png', 'b/0.png')], { more: 1 }),
    tar('a hard link that names its target differently', [hard('a/l.png', './a//0.png')], { more: 1 }),
    tar('hard links in a chain', [hard('a/l.png', 'a/0.png'), hard('a/m.png', 'a/l.png')], { more: 2 }),
    tar('hard links in a chain backward', [hard('a/m.png', 'a/l.png'), hard('a/l.png', 'b/0.png')], { more: 2 }),
    tar('a hard link to a long name in pax', [...longFile, pax('linkpath', long), hard('b/l.png', 'short')], {
      more: 2,
    }),
    tar(
      'a hard link to a long name of GNU',
      [...longFile, { name: 'K', kind: 'K', bytes: text(`${long}\0`) }, hard('b/l.png', 'short')],
      { more: 2 },
    ),
    tar('a hard link to its own name', [hard('a/0.png', 'a/0.png')], {}),
    refuse('a hard link only to itself', [hard('a/l.png', 'a/l.png')], /leads in a circle/),
    tar('hard links in a circle', [hard('a/l.png', 'a/m.png'), hard('a/m.png', 'a/l.png')], {
      refused: { 'a/l.png': /leads in a circle/, 'a/m.png': /leads in a circle/ },
    }),
    refuse(
      'a hard link to nothing',
      [hard('a/l.png', 'a/n.png')],
      /a hard link to a\/n\.png, which is not in the arch/,
    ),
    refuse('a hard link to a folder', [hard('a/l.png', 'a')], /a hard link to a, which is not in the archive/),
    refuse(
      'a hard link that leads out',
      [hard('a/l.png', '../../etc/x.png')],
      /a hard link .*leads out of the archive/,
    ),
    refuse('an absolute hard link', [hard('a/l.png', '/etc/x.png')], /a hard link .*its path is absolute/),
    tar('a hard link to a refused file', [{ name: 'a/s.png', kind: 'S' }, hard('a/l.png', 'a/s.png')], {
      refused: { 'a/s.png': /sparse/, 'a/l.png': /a hard link to a\/s\.png, which is left out: a sparse file/ },
    }),
    tar('a symbolic link', [symbolic('a/l.png', '0.png'), symbolic('a/m.png', './2.jpg')], { more: 2 }),
    tar('a symbolic link to another folder', [symbolic('a/l.png', '../b/0.png')], { more: 1 }),
    tar('symbolic links in a chain', [symbolic('a/l.png', '../b/m.png'), symbolic('b/m.png', '0.png')], { more: 2 }),
    tar('a symbolic link through a linked folder', [symbolic('c', 'b'), symbolic('a/l.png', '../c/0.png')], {
      refused: { c: /a symbolic link to the folder b, whose files are read there/ },
      more: 1,
    }),
    tar('a hard link to a symbolic link', [symbolic('b/l.png', '0.png'), hard('a/l.png', 'b/l.png')], { more: 2 }),
    refuse(
      'a symbolic link to a folder',
      [symbolic('a/l.png', '../b/')],
      /to the folder b, whose files are read there/,
    ),
    refuse('a symbolic link to nothing', [symbolic('a/l.png', 'n.png')], /a symbolic link to n\.png, which is not in/),
    refuse('a symbolic link that leads out', [symbolic('a/l.png', '../../x.png')], /a symbolic link that leads out/),
    refuse('an absolute symbolic link', [symbolic('a/l.png', '/a/0.png')], /a symbolic link that leads out/),
    refuse('an empty symbolic link', [symbolic('a/l.png', '')], /a symbolic link to nothing/),
    tar('symbolic links in a circle', [symbolic('a/l.png', 'm.png'), symbolic('a/m.png', 'l.png')], {
      refused: { 'a/l.png': /leads in a circle/, 'a/m.png': /leads in a circle/ },
    }),
    refuse('a symbolic link into itself', [symbolic('a/l.png', 'l.png/x.png')], /leads in a circle/),
    tar('a symbolic link to a refused file', [{ name: 'a/d.png', kind: '3' }, symbolic('a/l.png', 'd.png')], {
      refused: { 'a/d.png': /a device/, 'a/l.png': /a symbolic link to d\.png, which is left out: a device/ },
    }),
  ]
}
