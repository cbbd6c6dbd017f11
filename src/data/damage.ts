/** Decoders forgive a file that breaks off; this notices it, so that every host leaves out the same images. */

const starts = (bytes: Uint8Array, ...head: number[]) => head.every((value, i) => bytes[i] === value)

export const isJpeg = (bytes: Uint8Array): boolean => starts(bytes, 0xff, 0xd8, 0xff)
export const isPng = (bytes: Uint8Array): boolean => starts(bytes, 0x89, 0x50, 0x4e, 0x47)

/** True when the last 64 KiB hold the bytes a, b next to each other; JPEGs may carry padding behind their end. */
function endsWith(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = bytes.length - 2; i >= 0 && i > bytes.length - 65536; i--) {
    if (bytes[i] === a && bytes[i + 1] === b) return true
  }
  return false
}

/** What is wrong with a file's bytes, or null. */
export function damageOf(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'the file is empty'
  if (isJpeg(bytes)) return endsWith(bytes, 0xff, 0xd9) ? null : 'the JPEG breaks off before its end'
  if (isPng(bytes)) {
    const tail = new TextDecoder('latin1').decode(bytes.subarray(-4096))
    return tail.includes('IEND') ? null : 'the PNG breaks off before its end'
  }
  return null
}
