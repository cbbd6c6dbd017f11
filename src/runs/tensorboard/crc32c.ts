/** CRC-32C (Castagnoli, RFC 3720), the checksum of TFRecord files. */
import { createCrc } from '../../crc.ts'

export const crc32c = createCrc(0x82f63b78)

/** The checksum as TFRecord files store it: rotated and shifted, because data may contain checksums of its own. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
