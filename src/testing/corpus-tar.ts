/** Tars that are broken, contain false information or are malicious. */
import type { BadInput, NamedBytes } from './bad-input.ts'
import { base256, paxRecord, type RawTarMember, rawTar } from './raw-archives.ts'

const text = (content: string) => new TextEncoder().encode(content)

export const asTar = (files: readonly NamedBytes[]): RawTarMember[] =>
  files.map(({ path, bytes }) => ({ name: path, bytes }))

export function tars(good: readonly NamedBytes[]): BadInput[] {
  const bytes = good[0].bytes
  const tar = (name: string, extra: RawTarMember[], refused: BadInput['refused'], more = 0): BadInput => ({
    name: `tar: ${name}`,
    // The bad members are in the middle, and the others must still be read.
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
    tar('a sparse file in pax', [pax(paxRecord('GNU.sparse.major', '1')), { name: 'a/s.png', bytes }], {
      'a/s.png': /sparse/,
    }),
    tar('an unknown kind', [{ name: 'a/u.png', kind: 'Q', bytes }], { 'a/u.png': /unknown type Q/ }),
    tar('the same name twice', [{ name: 'a/0.png', bytes: good[4].bytes }], {
      'a/0.png': /a later file in the archive has the same name/,
    }),
    tar('a negative size', [{ name: 'a/n.png', size: base256(2 ** 30, true) }], { 'byte 3072': /damaged header/ }),
    tar('a size that is not a number', [{ name: 'a/n.png', size: '99999999999\0' }], { 'byte 3072': /damaged header/ }),
    tar('a wrong checksum', [{ name: 'a/w.png', bytes, wrongChecksum: true }], { 'byte 3072': /damaged header/ }),
    tar(
      'a huge pax header',
      [{ name: 'pax', kind: 'x', size: base256(2 ** 40) }],
      { 'byte 3072': /damaged header/, 'b/0.png': /its name was in the damaged header/ },
      -1,
    ),
    tar('a name in pax', [pax(paxRecord('path', 'a/é\t☃.png')), { name: 'short', bytes }], {}, 1),
    tar(
      'a name in pax in another encoding',
      [pax(paxRecord('path', Uint8Array.of(0x61, 0x2f, 0xe9, 0x2e, 0x70, 0x6e, 0x67))), { name: 's', bytes }],
      {},
      1,
    ),
    tar('a path of pax that leads out', [pax(paxRecord('path', 'a/../../x.png')), { name: 's', bytes }], {
      'a/../../x.png': /leads out/,
    }),
    tar(
      'a size in pax',
      [pax(paxRecord('size', String(bytes.length))), { name: 'a/x.png', bytes, size: '00000000000\0' }],
      {},
      1,
    ),
    tar('a negative size in pax', [pax(paxRecord('size', '-5')), { name: 'a/x.png', bytes }], {
      'byte 4096': /damaged header/,
    }),
    tar(
      'a damaged pax header',
      [
        { name: 'pax', kind: 'x', bytes: text('99999 path=') },
        { name: 'a/x.png', bytes },
      ],
      {},
      1,
    ),
    tar('a global pax header', [{ name: 'g', kind: 'g', bytes: paxRecord('comment', 'x') }], {}),
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
    tar(
      'a name in an unknown encoding',
      [{ name: Uint8Array.of(0x61, 0x2f, 0xc3, 0x2e, 0x70, 0x6e, 0x67), bytes }],
      {},
      1,
    ),
    {
      name: 'tar: truncated in the middle of a file',
      files: [
        {
          path: 'set.tar',
          bytes: Buffer.concat([whole, rawTar([{ name: 'b/9.png', bytes: new Uint8Array(3000) }]).subarray(0, 900)]),
        },
      ],
      refused: { 'b/9.png': /set\.tar is truncated/ },
    },
    {
      name: 'tar: garbage after its end',
      files: [{ path: 'set.tar', bytes: Buffer.concat([whole, text('x'.repeat(5000))]) }],
      refused: { [`byte ${whole.length}`]: /damaged header/ },
    },
    {
      name: 'tar: no complete file',
      files: [{ path: 'set.tar', bytes: whole.subarray(0, 560) }],
      error: /no file in set\.tar can be read/,
    },
  ]
}
