/** Reads an image file once: whether it can be decoded, what it is, and its pixels for whoever keeps them. */
import { hexOf } from '../../hex.ts'
import { headerOf } from '../decode/header.ts'
import type { Entry } from '../entry.ts'
import { type Check, type Decode, type ImageHeader, type Keep, reasonOf } from '../source.ts'

/** Hexadecimal. */
export const sha256 = async (bytes: Uint8Array): Promise<string> =>
  hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))

/** Decoded, such an image takes 400 MB; one of them can end a page. */
const mostPixels = 100e6

function refuseHuge(header: ImageHeader | null): void {
  const { width, height } = header?.size ?? { width: 0, height: 0 }
  if (width * height > mostPixels) throw new Error(`${width} × ${height} pixels are more than 100 megapixels`)
}

/** Never rejects: what goes wrong is the file's reason. */
export async function takeIn(entry: Entry, decode: Decode, keep: Keep | null): Promise<Check> {
  let bytes: Uint8Array
  try {
    bytes = await entry.read()
  } catch (error) {
    return { reason: reasonOf(error), passing: true }
  }
  try {
    const hash = await sha256(bytes)
    const header = headerOf(bytes)
    refuseHuge(header)
    const { width, height, image, release } = await decode(bytes, keep && !keep.has(hash) ? keep.side : 0)
    if (image) await keep?.put(hash, image)
    release?.()
    return { width, height, hash, header }
  } catch (error) {
    return { reason: reasonOf(error) }
  }
}
