/** Decodes every format to the pixels that Pillow gives, with a decoder of the host for the common kinds. */
import type { Pixels } from '../source.ts'
import { decodeBmp } from './bmp.ts'
import { isBmp, isJpeg, isPng } from './damage.ts'
import { decodeGif, isGif } from './gif.ts'
import { headerOf } from './header.ts'
import { withoutMetadata } from './metadata.ts'
import { decodePng, isDeep, samplesOnly } from './png.ts'
import { decodePrintJpeg } from './print/print-jpeg.ts'
import { firstImageOf, isWebp, onCanvas } from './webp.ts'

/** Decodes JPEG, PNG and WebP files to their stored colors. They have 8 bits per sample and no metadata; some have alpha. */
export type HostDecoder = (bytes: Uint8Array) => Promise<Pixels>

/** The stored pixels of a file, before they are turned upright. */
export async function pixelsOf(bytes: Uint8Array, decode: HostDecoder): Promise<Pixels> {
  if (isBmp(bytes)) return decodeBmp(bytes)
  if (isGif(bytes)) return decodeGif(bytes)
  if (isPng(bytes)) return isDeep(bytes) ? decodePng(samplesOnly(bytes)) : decode(samplesOnly(bytes))
  if (isJpeg(bytes)) return headerOf(bytes)?.color === 'cmyk' ? decodePrintJpeg(bytes) : decode(withoutMetadata(bytes))
  if (!isWebp(bytes)) return decode(bytes)
  const image = firstImageOf(bytes)
  return onCanvas(await decode(image.file), image)
}
