/** Text and parts of files. */

const latin = new TextDecoder('latin1')

/** The text of bytes, one character each. */
export const ascii = (bytes: Uint8Array, from: number, to: number): string => latin.decode(bytes.subarray(from, to))

/** One array of all parts. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
