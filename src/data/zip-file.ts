/**
 * A file of a zip, read by what the archive's list says of it. zip.js would read it, too, but keeps 7 KB of each file of
 * an archive for that and takes twenty times as long for a small one.
 */
import { crc32 } from './crc32.ts'
import { inWords } from './entry.ts'
import { limits, tooLarge } from './limits.ts'

/** What the list of an archive says of a file. */
export interface ZipFile {
  /** Of its own header in the archive. */
  readonly offset: number
  readonly method: number
  readonly packed: number
  readonly unpacked: number
  readonly checksum: number
}

export const methods = { stored: 0, deflated: 8 } as const

/** Length of a header without what can be of any length. */
export const shortestHeader = 30
const headerMark = 0x04034b50

/** A file's bytes as they are in the archive. Rejects where its header is damaged. */
export async function packedBytes(archive: Blob, { offset, method, packed }: ZipFile): Promise<Blob> {
  const header = new DataView(await archive.slice(offset, offset + shortestHeader).arrayBuffer())
  if (header.byteLength < shortestHeader || header.getUint32(0, true) !== headerMark)
    throw new Error('its header is not where the list of files says')
  if (header.getUint16(8, true) !== method) throw new Error('its header and the list of files differ')
  const from = offset + shortestHeader + header.getUint16(26, true) + header.getUint16(28, true)
  if (from + packed > archive.size) throw new Error('the archive breaks off in the middle of it')
  return archive.slice(from, from + packed)
}

export const inflated = (packed: Blob): ReadableStream<Uint8Array> =>
  packed.stream().pipeThrough(new DecompressionStream('deflate-raw'))

/** A stream of a known length; stops as soon as it is longer. */
async function exactly(length: number, stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const reader = stream.getReader()
  let at = 0
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    if (at + step.value.length > length) {
      await reader.cancel()
      throw new Error('it unpacks to more than the list of files says')
    }
    bytes.set(step.value, at)
    at += step.value.length
  }
  if (at < length) throw new Error('it unpacks to less than the list of files says')
  return bytes
}

/** Deflate cannot do better; a file that promises more is not worth the memory. */
const bestRatio = 1032

async function unpack(archive: Blob, file: ZipFile): Promise<Uint8Array> {
  const packed = await packedBytes(archive, file)
  if (file.method === methods.stored) return new Uint8Array(await packed.arrayBuffer())
  if (file.unpacked > file.packed * bestRatio + limits.freeBytes) throw new Error('its size cannot be')
  return exactly(file.unpacked, inflated(packed))
}

/** The bytes of a file. Rejects with a reason a person can read. */
export async function readZipFile(archive: Blob, file: ZipFile): Promise<Uint8Array> {
  const reason = tooLarge(file.packed, file.unpacked)
  if (reason) throw new Error(reason)
  return inWords(
    async () => {
      const bytes = await unpack(archive, file)
      if (bytes.length !== file.unpacked || crc32(bytes) !== file.checksum) throw new Error('its checksum is wrong')
      return bytes
    },
    (text) => `damaged in its archive: ${text}`,
  )
}
