const pairs = Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, '0'))

/** Bytes in hexadecimal, two digits each. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += pairs[byte]
  return text
}
