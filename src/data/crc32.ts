/** CRC-32 of zip and PNG (ISO 3309), four bytes at a time. */

/** tables[k][b]: checksum of byte b followed by k zero bytes. */
const tables = [0, 1, 2, 3].map(() => new Int32Array(256))
for (let b = 0; b < 256; b++) {
  let value = b
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  tables[0][b] = value
}
for (let k = 1; k < 4; k++)
  for (let b = 0; b < 256; b++) tables[k][b] = (tables[k - 1][b] >>> 8) ^ tables[0][tables[k - 1][b] & 255]

/** The checksum of bytes that follow others with the checksum `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [one, two, three, four] = tables
  let crc = ~before
  let i = 0
  for (; i + 4 <= bytes.length; i += 4) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    crc = four[crc & 255] ^ three[(crc >>> 8) & 255] ^ two[(crc >>> 16) & 255] ^ one[crc >>> 24]
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ one[(crc ^ bytes[i]) & 255]
  return ~crc >>> 0
}
