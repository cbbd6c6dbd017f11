/** Image files with transparency, orientations, print colors and animations: whole ones, and ones whose pixels are damaged. */
import { crc32 } from '../data/crc32.ts'
import type { BadInput, NamedBytes } from './bad-input.ts'
import { pillowCases } from './pillow-cases.ts'

const cases = pillowCases('pixels')

/** A copy of a stored file with other bytes from the position after a text on. */
function changed(name: string, mark: string, offset: number, ...values: readonly number[]): Uint8Array {
  const bytes = cases.find((stored) => stored.name === name)!.bytes.slice()
  bytes.set(values, Buffer.from(bytes).indexOf(mark, 0, 'latin1') + offset)
  return bytes
}

/** A PNG whose data are no zlib stream, with a right checksum. */
function unpackable(): Uint8Array {
  const bytes = changed('PNG RGB, 16 bits', 'IDAT', 4, 0, 0, 0)
  const at = Buffer.from(bytes).indexOf('IDAT')
  const view = new DataView(bytes.buffer)
  const end = at + 4 + view.getUint32(at - 4)
  view.setUint32(end, crc32(bytes.subarray(at, end)))
  return bytes
}

export function pixelKinds(good: readonly NamedBytes[]): BadInput[] {
  const whole = cases
    .filter(({ name }) => /^(GIF|PNG|WebP|YCCK|animated)/.test(name))
    .map(({ name, bytes }, i) => ({ path: `a/${i} ${name.slice(0, 3)}`, bytes }))
    .map(({ path, bytes }) => ({ path: `${path}.${bytes[0] === 0x52 ? 'webp' : 'png'}`, bytes }))
  const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
    // After the table of 16 colors and the frame's header: a first code that no code defines.
    ['a/code.gif', changed('GIF, 7 rows', 'GIF', 73, 0xf0, 0xff), /the GIF is damaged \(wrong code\)/],
    ['a/frame.webp', changed('animated lossless WebP, small first frame', 'ANMF', 8, 90), /a frame leaves the canvas/],
    ['a/ink.jpg', changed('YCCK JPEG, Adobe', '\xff\xda', 5, 9), /unknown component/],
    ['a/deep.png', unpackable(), /the PNG is damaged/],
  ]
  return [
    { name: 'images of rare kinds', files: [...good, ...whole], refused: {}, more: whole.length },
    {
      name: 'images of rare kinds with damaged pixels',
      files: [...good, ...refused.map(([path, bytes]) => ({ path, bytes }))],
      refused: Object.fromEntries(refused.map(([path, , reason]) => [path, reason])),
    },
  ]
}
