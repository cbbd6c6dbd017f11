/** Images and tars for the tests of the data room. */
import sharp from 'sharp'

/** A picture of one color; `shade` tells pictures apart. */
export const picture = (shade: number, format: 'png' | 'jpeg' = 'png', size = 8) =>
  sharp({ create: { width: size, height: size, channels: 3, background: { r: shade, g: 10, b: 200 } } })
    .toFormat(format)
    .toBuffer()

/** A tar archive by hand: ustar headers, and a GNU long name where one is needed. */
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
