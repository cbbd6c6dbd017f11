/** Big-endian integers in the headers of image files. Bytes beyond the end of the file give NaN. */

export const big16 = (bytes: Uint8Array, at: number): number => bytes[at] * 256 + bytes[at + 1]

export const big32 = (bytes: Uint8Array, at: number): number => big16(bytes, at) * 65536 + big16(bytes, at + 2)
