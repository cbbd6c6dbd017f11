/**
 * A file of a zip, read by what the archive's list says of it. zip.js would read it, too, but keeps 7 KB of each file of
 * an archive for that and takes twenty times as long for a small one.
 */
import { crc32 } from '../crc32.ts'
import { inWords } from '../entry.ts'
import { limits, tooLarge } from './limits.ts'

/** What the list of an archive says of a file. */
export interface ZipFile {
  /** Of its own header in the archive. */
  readonly offset: number
  /** Of its name, in bytes. */
  readonly nameLength: number
  readonly method: number
  readonly packed: number
  readonly unpacked: number
  readonly checksum: number
}

export const methods = { stored: 0, deflated: 8 } as const

/** Length of a header without what can be of any length. */
export const shortestHeader = 30
const headerMark = 0x04034b50

/** Where a file's bytes begin in the archive, by its header. Throws where that is damaged. */
function bodyStart(head: Uint8Array, { offset, method }: ZipFile): number {
  const header = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (header.byteLength < shortestHeader || header.getUint32(0, true) !== headerMark)
    throw new Error('its header is not where the list of files says')
  if (header.getUint16(8, true) !== method) throw new Error('its header and the list of files differ')
  return offset + shortestHeader + header.getUint16(26, true) + header.getUint16(28, true)
}

function refuseCut(archive: Blob, end: number): void {
  if (end > archive.size) throw new Error('the archive breaks off in the middle of it')
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer())

/** A file's bytes as they are in the archive, where they lie. Rejects where its header is damaged. */
export async function packedBlob(archive: Blob, file: ZipFile): Promise<Blob> {
  const from = bodyStart(await bytesOf(archive.slice(file.offset, file.offset + shortestHeader)), file)
  refuseCut(archive, from + file.packed)
  return archive.slice(from, from + file.packed)
}

/** Other fields that a header may have; those of the list of files need not be the same. */
const mostFields = 64

/** The same bytes, read at once with the header before them: a read costs a browser more than a few more bytes. */
async function packedBytes(archive: Blob, file: ZipFile): Promise<Uint8Array<ArrayBuffer>> {
  const { offset, nameLength, packed } = file
  refuseCut(archive, offset + packed)
  const bytes = await bytesOf(archive.slice(offset, offset + shortestHeader + nameLength + mostFields + packed))
  const from = bodyStart(bytes, file)
  refuseCut(archive, from + packed)
  if (from - offset + packed <= bytes.length) return bytes.subarray(from - offset, from - offset + packed)
  return bytesOf(archive.slice(from, from + packed))
}

export const inflated = (packed: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array> =>
  packed.pipeThrough(new DecompressionStream('deflate-raw'))

const streamOf = (bytes: Uint8Array<ArrayBuffer>) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      controller.enqueue(bytes)
      controller.close()
    },
  })

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
  // Neither method makes files much longer.
  if (file.packed > file.unpacked + limits.freeBytes) throw new Error('its size cannot be')
  const packed = await packedBytes(archive, file)
  if (file.method === methods.stored) return packed
  if (file.unpacked > file.packed * bestRatio + limits.freeBytes) throw new Error('its size cannot be')
  return exactly(file.unpacked, inflated(streamOf(packed)))
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
