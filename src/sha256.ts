import { hexOf } from './hex.ts'

/** SHA-256 of bytes, or of a text in UTF-8; hexadecimal. */
export async function sha256(data: Uint8Array | string): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : (data as Uint8Array<ArrayBuffer>)
  return hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
