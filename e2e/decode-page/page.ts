/** Decodes files like the lab, for a test that compares the pixels with another decoder's. */
import type { Decoded } from '../../src/data/source.ts'
import { createDecodePool } from '../../src/worker/decode-pool.ts'

declare global {
  interface Window {
    /** Takes a file in base64. Returns its pixels in base64, or the reason why it cannot be decoded. */
    decodeImage: (
      file: string,
      side: number | null,
    ) => Promise<{ width: number; height: number; data: string } | string>
  }
}

const decode = createDecodePool(2)

const base64 = (bytes: Uint8Array) => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

window.decodeImage = async (file, side) => {
  const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0))
  const found = await decode(bytes, side ?? Number.POSITIVE_INFINITY).catch((error: Error) => error.message)
  if (typeof found === 'string') return found
  const { width, height, image }: Decoded = found
  return { width: image?.width ?? width, height: image?.height ?? height, data: image ? base64(image.data) : '' }
}
