/** Reads an image file once: checks that it can be decoded, collects its facts, and caches its pixels. */
import { hexOf } from '../../hex.ts'
import { headerOf } from '../decode/header.ts'
import type { Entry } from '../entry.ts'
import { type CacheWriter, type Check, type Decode, type ImageHeader, reasonOf } from '../source.ts'

/** Hexadecimal. */
export const sha256 = async (bytes: Uint8Array): Promise<string> =>
  hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)))

/** An image of this size takes 400 MB once decoded, which can crash a page. */
const mostPixels = 100e6

function refuseHuge(header: ImageHeader | null): void {
  const { width, height } = header?.size ?? { width: 0, height: 0 }
  if (width * height > mostPixels) throw new Error(`${width} × ${height} pixels are more than 100 megapixels`)
}

/** Never rejects: the result of a failure states its reason. */
export async function checkImage(entry: Entry, decode: Decode, cache: CacheWriter | null): Promise<Check> {
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
    const { width, height, image, release } = await decode(bytes, cache && !cache.has(hash) ? cache.side : 0)
    if (image) await cache?.put(hash, image)
    release?.()
    return { width, height, hash, header }
  } catch (error) {
    return { reason: reasonOf(error) }
  }
}
