/** Cyclic redundancy checks of 32 bits. */

/** A checksum of bytes; `before` is that of the bytes in front of them. */
export type Crc = (bytes: Uint8Array, before?: number) => number

/** The checksum with a polynomial in reversed bit order. */
export function createCrc(polynomial: number): Crc {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value
  })
  return (bytes, before = 0) => {
    let crc = ~before
    for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >>> 8)
    return ~crc >>> 0
  }
}

/** CRC-32 as in zip, gzip and PNG. */
export const crc32 = createCrc(0xedb88320)
