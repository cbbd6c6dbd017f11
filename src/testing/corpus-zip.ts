/** Zips that are broken, contain false information or are malicious. */
import type { BadInput, NamedBytes } from './bad-input.ts'
import { type RawZipFile, rawZip } from './raw-archives.ts'

const text = (content: string) => new TextEncoder().encode(content)

export const asZip = (files: readonly NamedBytes[]): RawZipFile[] =>
  files.map(({ path, bytes }) => ({ name: path, bytes }))

export function zips(good: readonly NamedBytes[]): BadInput[] {
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
    zip('a path with Windows’ separators that leads out', [{ name: '..\\x.png', bytes, system: 0, mode: 0 }], {
      '../x.png': /leads out/,
    }),
    zip('a NUL', [{ name: 'a/x\0.png', bytes }], { 'a/x␀.png': /NUL/ }),
    zip('a control character', [{ name: 'a/x\n.png', bytes }], {}, 1),
    zip('the same name twice', [{ name: 'a/0.png', bytes: good[3].bytes }], {
      'a/0.png': /a later file in the archive has the same name/,
    }),
    zip('a name of code page 437', [{ name: Uint8Array.of(0x61, 0x2f, 0x81, 0x2e, 0x70, 0x6e, 0x67), bytes }], {}, 1),
    zip(
      'a name that is falsely marked as UTF-8',
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
      'a/m.png': /unsupported compression method 12/,
    }),
    zip('a bomb with a high ratio', [{ name: 'a/bomb.png', bytes: zeros }], { 'a/bomb.png': /more than 1000 times/ }),
    zip('a bomb with a large size', [{ name: 'a/big.png', bytes, unpacked: 2 ** 29 }], {
      'a/big.png': /larger than 256 MiB/,
    }),
    zip('a bomb with a false size', [{ name: 'a/lie.png', bytes: zeros, unpacked: 500 }], {
      'a/lie.png': /longer than its listed size/,
    }),
    zip('a size that is too large', [{ name: 'a/lie.png', bytes, unpacked: bytes.length + 9 }], {
      'a/lie.png': /shorter than its listed size/,
    }),
    zip('an impossible size', [{ name: 'a/s.png', bytes, packed: 2 ** 31, stored: true, unpacked: 9 }], {
      'a/s.png': /its listed size is invalid/,
    }),
    zip('a wrong checksum', [{ name: 'a/c.png', bytes, checksum: 1 }], { 'a/c.png': /checksum is wrong/ }),
    zip('a missing file', [{ name: 'a/n.png', bytes, absent: true }], {
      'a/n.png': /its header is not at the listed position/,
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
    broken('truncated', whole.subarray(0, -60), /set\.zip cannot be read as a zip archive/),
    broken('only the first bytes', whole.subarray(0, 100), /set\.zip cannot be read as a zip archive/),
    broken('without a list of files', rawZip(asZip(good), { directoryOffset: 3 }).subarray(0, 40), /set\.zip/),
    broken(
      'only encrypted files',
      rawZip(good.map(({ path, bytes: b }) => ({ name: path, bytes: b, flags: 1 }))),
      /is encrypted/,
    ),
    broken(
      'only paths that lead out',
      rawZip([{ name: '../x.png', bytes }]),
      /no file in set\.zip can be read \(\.\.\/x\.png: .*leads out/,
    ),
  ]
}
