/** Text in files. */

const latin = new TextDecoder('latin1')

/** The text of bytes, one character each. */
export const ascii = (bytes: Uint8Array, from: number, to: number): string => latin.decode(bytes.subarray(from, to))
