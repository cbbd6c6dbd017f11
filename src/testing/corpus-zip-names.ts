/** Zips with names from Windows and other encodings, and with bytes around their lists of files. */
import { deflateRawSync } from 'node:zlib'
import { crc32 } from '../data/crc32.ts'
import type { BadInput, NamedBytes } from './bad-input.ts'
import { asZip } from './corpus-zip.ts'
import { extraField, type RawZipEnd, type RawZipFile, rawZip } from './raw-archives.ts'

const text = (content: string) => new TextEncoder().encode(content)
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** The files with backslashes, as a program on that system writes them. */
const fromWindows = (files: readonly NamedBytes[], system: number): RawZipFile[] =>
  files.map(({ path, bytes }) => ({ name: path.replaceAll('/', '\\'), bytes, system, mode: 0, attributes: 32 }))

/** A file's name in UTF-8 in an extra field; the name in its header has another encoding. */
function unicodePath(name: string, path: string): Uint8Array {
  const head = Buffer.alloc(5)
  head[0] = 1
  head.writeUInt32LE(crc32(text(name)), 1)
  return extraField(0x7075, joined(head, text(path)))
}

export function windowsZips(good: readonly NamedBytes[]): BadInput[] {
  const bytes = good[0].bytes
  const zip = (name: string, files: RawZipFile[], rest: Omit<BadInput, 'name' | 'files'> = {}): BadInput => ({
    name: `zip: ${name}`,
    files: [{ path: 'set.zip', bytes: rawZip(files) }],
    ...rest,
  })
  const ntfs = (name: string): RawZipFile => ({ name, bytes, system: 10, mode: 0 })
  const refuse = (name: string, path: string, reason: RegExp) =>
    zip(`${name} from Windows`, [...fromWindows(good, 10), ntfs(name)], { refused: { [path]: reason } })
  return [
    ...[0, 6, 10, 11, 14].map((system) => zip(`backslashes of system ${system}`, fromWindows(good, system))),
    zip('only backslashes of Unix', fromWindows(good, 3)),
    zip('backslashes and slashes of Windows', [...fromWindows(good.slice(0, 3), 10), ...asZip(good.slice(3))]),
    zip('both in one name', [...asZip(good), ntfs('a/x\\1.png'), ntfs('a\\y/z.png')], { more: 2 }),
    zip('backslashes of Unix beside slashes', [...asZip(good), { name: 'a\\x.png', bytes }], {
      refused: { 'a\\x.png': /its path contains a backslash/ },
    }),
    zip('folders that end in a backslash', [
      ...[0, 10].map((system) => ({ name: 'a\\', bytes: new Uint8Array(0), stored: true, system, mode: 0 })),
      { name: 'b', bytes: new Uint8Array(0), stored: true, system: 11, mode: 0, attributes: 16 },
      ...fromWindows(good, 10),
    ]),
    zip('folders of Unix that end in a backslash', [
      ...['a\\', 'b\\'].map((name) => ({ name, bytes: new Uint8Array(0), stored: true })),
      ...fromWindows(good, 3),
    ]),
    zip('a name from Windows twice', [...fromWindows(good, 10), ntfs('a/0.png')], {
      refused: { 'a/0.png': /a later file in the archive has the same name/ },
    }),
    refuse('..\\..\\x.png', '../../x.png', /leads out/),
    refuse('a\\..\\..\\x.png', 'a/../../x.png', /leads out/),
    refuse('a/..\\../x.png', 'a/../../x.png', /leads out/),
    refuse('C:\\a\\x.png', 'C:/a/x.png', /names a drive/),
    refuse('\\\\server\\a\\x.png', '//server/a/x.png', /absolute/),
    refuse('\\a\\x.png', '/a/x.png', /absolute/),
    zip('backslashes of Unix that lead out', [...fromWindows(good, 3), { name: '..\\x.png', bytes }], {
      refused: { '../x.png': /leads out/ },
    }),
  ]
}

export function zipNames(good: readonly NamedBytes[]): BadInput[] {
  const bytes = good[0].bytes
  const zip = (name: string, extra: RawZipFile[], rest: Omit<BadInput, 'name' | 'files'>): BadInput => ({
    name: `zip: ${name}`,
    files: [{ path: 'set.zip', bytes: rawZip([...asZip(good), ...extra]) }],
    ...rest,
  })
  const method = (number: number, name: string) =>
    zip(`method ${number}`, [{ name: 'a/m.png', bytes, method: number }], {
      refused: { 'a/m.png': new RegExp(`unsupported compression method ${number}${name}; pack it again with Deflate`) },
    })
  const deflated = (name: string, change: (packed: Uint8Array) => Uint8Array): RawZipFile => ({
    name,
    bytes: change(new Uint8Array(deflateRawSync(bytes))),
    stored: true,
    method: 8,
    unpacked: bytes.length,
    checksum: crc32(bytes),
  })
  const link = (name: string, target: string): RawZipFile => ({ name, bytes: text(target), mode: 0o120777 })
  return [
    zip('a path in an extra field', [{ name: 'x', bytes, extra: unicodePath('x', 'a/é.png') }], { more: 1 }),
    zip('a path in an extra field that leads out', [{ name: 'x', bytes, extra: unicodePath('x', '../é.png') }], {
      refused: { '../é.png': /leads out/ },
    }),
    zip('an extra field for another name', [{ name: 'a/x.png', bytes, extra: unicodePath('y', '../x.png') }], {
      more: 1,
    }),
    zip('a name marked as UTF-8', [{ name: 'a/猫.png', bytes, flags: 2048 }], { more: 1 }),
    zip('another name in its own header', [{ name: 'a/x.png', bytes, localName: '../../other.png' }], { more: 1 }),
    zip('sizes behind the file', [{ name: 'a/x.png', bytes, descriptor: true }], { more: 1 }),
    zip('a stored file with sizes behind it', [{ name: 'a/x.png', bytes, descriptor: true, stored: true }], {
      more: 1,
    }),
    method(9, ' .Deflate64.'),
    method(12, ' .bzip2.'),
    method(14, ' .LZMA.'),
    method(93, ' .Zstandard.'),
    method(95, ' .XZ.'),
    method(77, ''),
    zip('bytes behind the compressed data', [deflated('a/x.png', (packed) => joined(packed, text('junk')))], {
      more: 1,
    }),
    zip('compressed data that end early', [deflated('a/x.png', (packed) => packed.subarray(0, -9))], {
      refused: { 'a/x.png': /^damaged in its archive: its compressed data is damaged$/ },
    }),
    zip('compressed data that are none', [deflated('a/x.png', (packed) => packed.map(() => 0xff))], {
      refused: { 'a/x.png': /^damaged in its archive: its compressed data is damaged$/ },
    }),
    zip('an inner archive of damaged data', [deflated('in.tar', (packed) => packed.map(() => 0xff))], {
      refused: { 'in.tar': /damaged in its archive: its compressed data is damaged/ },
    }),
    zip('symbolic links', [link('a/l.png', '../b/0.png'), link('a/m.png', 'l.png')], { more: 2 }),
    zip('a symbolic link to a folder', [link('c', 'b')], { refused: { c: /to the folder b, whose files are read/ } }),
    zip('a symbolic link that leads out', [link('a/l.png', '../../x.png')], {
      refused: { 'a/l.png': /a symbolic link that leads out/ },
    }),
    zip('a long symbolic link', [link('a/l.png', 'x'.repeat(5000))], {
      refused: { 'a/l.png': /a symbolic link whose target is longer than 4096 bytes/ },
    }),
    zip('a damaged symbolic link', [{ ...link('a/l.png', '0.png'), checksum: 1 }], {
      refused: { 'a/l.png': /a symbolic link that cannot be read: .*checksum is wrong/ },
    }),
    zip('a symbolic link to an encrypted file', [{ name: 'a/e.png', bytes, flags: 1 }, link('a/l.png', 'e.png')], {
      refused: { 'a/e.png': /encrypted/, 'a/l.png': /which is left out: the file is encrypted/ },
    }),
  ]
}

export function zipEnds(good: readonly NamedBytes[]): BadInput[] {
  const zip = (name: string, bytes: Uint8Array, rest: Omit<BadInput, 'name' | 'files'> = {}): BadInput => ({
    name: `zip: ${name}`,
    files: [{ path: 'set.zip', bytes }],
    ...rest,
  })
  const packed = (end: RawZipEnd) => rawZip(asZip(good), end)
  const whole = packed({})
  const program = joined(text('MZ'), new Uint8Array(3000).fill(0x90))
  const empty = rawZip([])
  const damagedInner = rawZip([...asZip(good), { name: 'in.tar', bytes: whole, checksum: 1 }])
  return [
    zip('an archive comment', packed({ comment: 'A comment.\nPK' })),
    zip('Zip64', packed({ zip64: true })),
    zip('Zip64 and a comment', packed({ zip64: true, comment: 'large' })),
    zip('a program before it', joined(program, whole), { notes: [/set\.zip: its first 3002 bytes are not part/] }),
    zip('a program before it that counts', joined(program, packed({ start: program.length })), {
      notes: [/set\.zip: its first 3002 bytes are not part of the zip/],
    }),
    zip('another zip before it', joined(rawZip([{ name: 'a/x.png', bytes: good[0].bytes }]), whole), {
      notes: [/set\.zip: its first \d+ bytes are not part of the zip and are not read; they look like another zip/],
    }),
    zip('garbage behind it', joined(whole, text('garbage')), {
      notes: [/set\.zip: the last 7 bytes are behind its end and no part of the zip/],
    }),
    zip('much garbage behind it', joined(whole, text('x'.repeat(200_000))), {
      notes: [/set\.zip: the last 200000 bytes are behind its end/],
    }),
    zip('zeros behind it', joined(whole, new Uint8Array(70_000))),
    zip('one part of several', packed({ disk: 2 }), { error: /set\.zip is one part of a split zip; join its parts/ }),
    zip('empty', empty, { error: /^set\.zip contains no files\. Choose another archive/ }),
    zip('only a folder', rawZip([{ name: 'a/', bytes: new Uint8Array(0), stored: true }]), {
      error: /^set\.zip contains no files\. Choose another archive/,
    }),
    {
      name: 'zip: an empty one among others',
      files: [
        { path: 'train-0.zip', bytes: whole },
        { path: 'train-1.zip', bytes: empty },
      ],
      notes: [/train-1\.zip contains no files\./],
    },
    zip('an inner archive with a wrong checksum', damagedInner, {
      refused: { 'in.tar': /in\.tar cannot be read .*its checksum is wrong/ },
    }),
  ]
}

/** Archives in formats that the lab does not read. */
export function otherFormats(good: readonly NamedBytes[]): BadInput[] {
  const formats: readonly (readonly [string, readonly number[], string])[] = [
    ['tar.bz2', [0x42, 0x5a, 0x68, 0x39, 0x31], 'bzip2'],
    ['tar.xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'xz'],
    ['tar.zst', [0x28, 0xb5, 0x2f, 0xfd], 'Zstandard'],
    ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], '7-Zip'],
    ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 7, 1, 0], 'RAR'],
    ['tar.lz4', [4, 0x22, 0x4d, 0x18], 'LZ4'],
    ['tar.Z', [0x1f, 0x9d, 0x90], 'compress'],
  ]
  const content = (mark: readonly number[]) => joined(Uint8Array.from(mark), new Uint8Array(600).fill(7))
  return [
    ...formats.map(([suffix, mark, format]) => ({
      name: `a .${suffix} file`,
      files: [{ path: `set.${suffix}`, bytes: content(mark) }],
      error: new RegExp(`set\\.${suffix} is .*${format}.* cannot be read; unpack it and choose its folder`),
    })),
    ...formats.map(([suffix, mark, format]) => ({
      name: `a .${suffix} file among others`,
      files: [...good, { path: `more.${suffix}`, bytes: content(mark) }],
      refused: { [`more.${suffix}`]: new RegExp(`${format}.*unpack it`) },
    })),
    {
      name: 'a .rar file in a zip',
      files: [{ path: 'set.zip', bytes: rawZip([...asZip(good), { name: 'in.rar', bytes: text('Rar!') }]) }],
      refused: { 'in.rar': /RAR/ },
    },
    {
      name: 'a web page with the name of an archive',
      files: [{ path: 'set.zip', bytes: text('<!DOCTYPE html><html>404</html>') }],
      error: /set\.zip is an HTML page, not an archive; download it again/,
    },
    {
      name: 'a Git LFS pointer with the name of an archive',
      files: [{ path: 'set.tar', bytes: text('version https://git-lfs.github.com/spec/v1\noid sha256:0\n') }],
      error: /set\.tar is a Git LFS pointer, not the archive itself; fetch it with git lfs pull/,
    },
  ]
}
