/** Limits the size of images, which their headers state, before memory for their pixels is allocated. */
import { type Decode, type ImageHeader, PassingError } from '../source.ts'
import { damageOf, withEnd } from './damage.ts'
import { headerOf } from './header.ts'

/** Most megapixels that the decoders of all hosts can handle. A browser needs 1 GB for such an image. */
export const decodableMegapixels = 268

/** Longest side of a JPEG that Chrome decodes. Every host refuses longer ones, so that all leave out the same images. */
const longestJpeg = 32767

const pixelsIn = (header: ImageHeader | null) => (header?.size ? header.size.width * header.size.height : 0)

interface SoundFile {
  readonly file: Uint8Array
  /** Number of pixels; 0 if the header does not state it. */
  readonly pixels: number
}

/** Throws for an image that no decoder can read: damaged, without pixels, or too large. Adds an end that the file lacks. */
export function soundFile(bytes: Uint8Array): SoundFile {
  const header = headerOf(bytes)
  const pixels = pixelsIn(header)
  if (header?.size && pixels === 0) throw new Error(`the ${header.format.toUpperCase()} has no pixels`)
  if (header?.size && pixels > decodableMegapixels * 1e6) {
    const { width, height } = header.size
    throw new Error(
      `${width} × ${height} pixels are more than the ${decodableMegapixels} megapixels that can be decoded`,
    )
  }
  if (header?.format === 'jpeg' && header.size && Math.max(header.size.width, header.size.height) > longestJpeg)
    throw new Error(
      `a JPEG with a side of more than ${longestJpeg} pixels, which browsers do not decode: make it smaller`,
    )
  const damage = damageOf(bytes)
  if (damage) throw new Error(damage)
  return { file: withEnd(bytes), pixels }
}

/** Why the setting `data.maxMegapixels` excludes an image; null if it does not. */
export function sizeRefusal(
  { width, height }: { readonly width: number; readonly height: number },
  most: number,
): string | null {
  if (width * height <= most * 1e6) return null
  const cure = width * height > decodableMegapixels * 1e6 ? 'make it smaller' : 'raise data.maxMegapixels to read it'
  return `${width} × ${height} pixels are more than ${most} megapixels: ${cure}`
}

/** The same decoder, which rejects with PassingError for an image that the setting `data.maxMegapixels` excludes. */
export const limited =
  (decode: Decode, megapixels: number): Decode =>
  (bytes, side) => {
    const { size } = headerOf(bytes) ?? { size: null }
    const refusal = size && sizeRefusal(size, megapixels)
    return refusal ? Promise.reject(new PassingError(refusal)) : decode(bytes, side)
  }
