/** Decodes in a worker, with the browser's own decoders. Alpha is dropped, as Pillow's convert('RGB') drops it. */
import { damageOf } from './damage.ts'
import type { Decode } from './source.ts'

const options: ImageBitmapOptions = {
  imageOrientation: 'from-image',
  premultiplyAlpha: 'none',
  colorSpaceConversion: 'none',
}

export const decode: Decode = async (bytes) => {
  const damage = damageOf(bytes)
  if (damage) throw new Error(damage)
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]), options).catch(() => {
    throw new Error('not an image that the browser can decode, or a damaged one')
  })
  const { width, height } = bitmap
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('the browser has no 2D canvas in workers')
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  const { data: rgba } = context.getImageData(0, 0, width, height)
  const data = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]
    data[to + 1] = rgba[from + 1]
    data[to + 2] = rgba[from + 2]
  }
  return { width, height, data }
}
