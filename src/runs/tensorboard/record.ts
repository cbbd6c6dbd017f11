/** Frames data as a TFRecord: length, checksum of the length, data, checksum of the data; numbers are little-endian. */
import { maskedCrc32c } from './crc32c.ts'

const [lengthBytes, checksumBytes] = [8, 4]
const headBytes = lengthBytes + checksumBytes

export function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(headBytes + data.length + checksumBytes)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(lengthBytes, maskedCrc32c(record.subarray(0, lengthBytes)), true)
  record.set(data, headBytes)
  view.setUint32(headBytes + data.length, maskedCrc32c(data), true)
  return record
}
