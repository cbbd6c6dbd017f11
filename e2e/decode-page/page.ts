/** Decodes files like the lab, for a test that compares the pixels with another decoder's. */
import { createDecodePool } from '../../src/worker/decode-pool.ts'

/** Pixels in base64, or the reason why a file cannot be decoded. */
export type InPage = { width: number; height: number; data: string } | string

declare global {
  interface Window {
    /** Takes files in base64. */
    decodeImages: (files: readonly string[], side: number | null) => Promise<InPage[]>
  }
}

const decode = createDecodePool(2)

const base64 = (bytes: Uint8Array) => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

async function decodeImage(file: string, side: number | null): Promise<InPage> {
  const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0))
  const found = await decode(bytes, side ?? Number.POSITIVE_INFINITY).catch((error: Error) => error.message)
  if (typeof found === 'string') return found
  const { width, height, image } = found
  return { width: image?.width ?? width, height: image?.height ?? height, data: image ? base64(image.data) : '' }
}

window.decodeImages = (files, side) => Promise.all(files.map((file) => decodeImage(file, side)))
