/** Images and tars for the tests of the data room. */
import sharp from 'sharp'

/** A picture of one color; `shade` tells pictures apart. */
export const picture = (shade: number, format: 'png' | 'jpeg' = 'png', size = 8) =>
  sharp({ create: { width: size, height: size, channels: 3, background: { r: shade, g: 10, b: 200 } } })
    .toFormat(format)
    .toBuffer()

/** Writes a tar archive: ustar headers, and a GNU long name where a path needs one. */
export function tarOf(files: { path: string; bytes: Uint8Array }[]): Uint8Array {
  const blocks: Uint8Array[] = []
  const add = (path: string, bytes: Uint8Array, type: string) => {
    const header = new Uint8Array(512)
    const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at)
    put(path.slice(0, 100), 0)
    put(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    put(`        ${type}ustar\0`, 148)
    const sum = header.reduce((a, b) => a + b, 0)
    put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    blocks.push(header, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512))
  }
  for (const { path, bytes } of files) {
    if (path.length > 100) add('././@LongLink', new TextEncoder().encode(`${path}\0`), 'L')
    add(path, bytes, '0')
  }
  return Buffer.concat([...blocks, new Uint8Array(1024)])
}

/**
 * A BMP with 24 bits per pixel and the plain 40-byte header. Rows go from bottom to top, in BGR, padded to four bytes.
 */
export function bmpOf(width: number, height: number, at: (x: number, y: number) => readonly [number, number, number]) {
  const stride = 4 * Math.ceil((3 * width) / 4)
  const bytes = new Uint8Array(54 + stride * height)
  const view = new DataView(bytes.buffer)
  bytes.set([0x42, 0x4d])
  for (const [offset, value] of [
    [2, bytes.length],
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
    [34, stride * height],
  ]) {
    view.setUint32(offset, value, true)
  }
  view.setUint16(26, 1, true)
  view.setUint16(28, 24, true)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [r, g, b] = at(x, y)
      bytes.set([b, g, r], 54 + (height - 1 - y) * stride + 3 * x)
    }
  return bytes
}
