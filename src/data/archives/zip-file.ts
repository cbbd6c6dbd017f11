/**
 * Reads a file of a zip from its entry in the archive's list of files. zip.js needs 7 KB of memory per file for that, and
 * takes twenty times as long for a small file.
 */
import { crc32 } from '../crc32.ts'
import { inWords, type Unpack } from '../entry.ts'
import { limits, tooLarge } from './limits.ts'

/** A file's entry in the archive's list of files. */
export interface ZipFile {
  /** Position of the file's header in the archive. */
  readonly offset: number
  /** Length of its name, in bytes. */
  readonly nameLength: number
  readonly method: number
  readonly packed: number
  readonly unpacked: number
  readonly checksum: number
}

export const methods = { stored: 0, deflated: 8 } as const

const methodNames: Readonly<Record<number, string>> = {
  1: 'Shrink',
  6: 'Implode',
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'XZ',
  98: 'PPMd',
}

/** `12 (bzip2)` */
export const methodText = (method: number): string =>
  method in methodNames ? `${method} (${methodNames[method]})` : String(method)

/** Length of a header without its fields of variable length. */
export const shortestHeader = 30
const headerMark = 0x04034b50

/** Bytes of the record at the end of a zip, with the longest comment. */
const longestEnd = 22 + 0xffff

/** Whether a file ends as zips do; a program that unpacks itself has other bytes before its zip. */
export async function endsAsZip(blob: Blob): Promise<boolean> {
  const end = new Uint8Array(await blob.slice(Math.max(0, blob.size - longestEnd)).arrayBuffer())
  return end.some((_, i) => end[i] === 0x50 && end[i + 1] === 0x4b && end[i + 2] === 5 && end[i + 3] === 6)
}

/** Position of a file's packed bytes, according to its header. Throws if the header is damaged. */
function bodyStart(head: Uint8Array, { offset, method }: ZipFile): number {
  const header = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (header.byteLength < shortestHeader || header.getUint32(0, true) !== headerMark)
    throw new Error('its header is not at the listed position')
  if (header.getUint16(8, true) !== method) throw new Error('its header contradicts the list of files')
  return offset + shortestHeader + header.getUint16(26, true) + header.getUint16(28, true)
}

/** Throws if the archive ends before position `end`. */
function refuseCut(archive: Blob, end: number): void {
  if (end > archive.size) throw new Error('the archive is truncated in the middle of it')
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer())

/** A file's packed bytes, without reading them. Rejects if the header is damaged. */
export async function packedBlob(archive: Blob, file: ZipFile): Promise<Blob> {
  const from = bodyStart(await bytesOf(archive.slice(file.offset, file.offset + shortestHeader)), file)
  refuseCut(archive, from + file.packed)
  return archive.slice(from, from + file.packed)
}

/** Bytes of extra fields that a header may have; they can differ from those in the list of files. */
const mostFields = 64

/** A file's packed bytes. Reads them together with the header: in a browser a second read costs more than extra bytes. */
async function packedBytes(archive: Blob, file: ZipFile): Promise<Uint8Array<ArrayBuffer>> {
  const { offset, nameLength, packed } = file
  refuseCut(archive, offset + packed)
  const bytes = await bytesOf(archive.slice(offset, offset + shortestHeader + nameLength + mostFields + packed))
  const from = bodyStart(bytes, file)
  refuseCut(archive, from + packed)
  if (from - offset + packed <= bytes.length) return bytes.subarray(from - offset, from - offset + packed)
  return bytesOf(archive.slice(from, from + packed))
}

const inflated = (packed: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array> =>
  packed.pipeThrough(new DecompressionStream('deflate-raw'))

const streamOf = (bytes: Uint8Array<ArrayBuffer>) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      controller.enqueue(bytes)
      controller.close()
    },
  })

/** The browser and Node word the errors of damaged Deflate data differently. */
const damagedData = () => new Error('its compressed data is damaged')

/** Whether an error comes from a DecompressionStream. */
const isInflateError = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof Error && 'code' in error && /^(Z_|ERR_)/.test(String(error.code)))

/**
 * Reads unpacked content of a known length in bytes. Throws as soon as it is longer, or if it is shorter. The browser also
 * fails for bytes behind the end of the compressed data, which are no part of the file.
 */
async function exactly(length: number, stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  const reader = stream.getReader()
  let at = 0
  const next = () =>
    reader.read().catch(() => {
      if (at < length) throw damagedData()
      return { done: true, value: undefined } as const
    })
  for (let step = await next(); !step.done; step = await next()) {
    if (at + step.value.length > length) {
      await reader.cancel()
      throw new Error('it is longer than its listed size')
    }
    bytes.set(step.value, at)
    at += step.value.length
  }
  if (at < length) throw new Error('it is shorter than its listed size')
  return bytes
}

/** Unpacks a deflated file to where `unpack` writes it. Rejects if it differs from its listed size or checksum. */
export async function unpackChecked(packed: Blob, file: ZipFile, unpack: Unpack, signal: AbortSignal): Promise<Blob> {
  try {
    return await unpack(inflated(packed.stream()).pipeThrough(checked(file)), file.packed, signal)
  } catch (error) {
    throw isInflateError(error) ? new Error(`damaged in its archive: ${damagedData().message}`) : error
  }
}

function checked({ unpacked, checksum }: ZipFile): TransformStream<Uint8Array, Uint8Array> {
  let [length, sum] = [0, 0]
  const fail = (text: string) => {
    throw new Error(`damaged in its archive: ${text}`)
  }
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.length
      sum = crc32(chunk, sum)
      if (length > unpacked) fail('it is longer than its listed size')
      controller.enqueue(chunk)
    },
    flush() {
      if (length < unpacked) fail('it is shorter than its listed size')
      if (sum !== checksum) fail('its checksum is wrong')
    },
  })
}

/** Highest compression ratio of Deflate; a higher one in the list is invalid. */
const bestRatio = 1032

async function unpack(archive: Blob, file: ZipFile): Promise<Uint8Array> {
  // Both methods make a file only slightly longer.
  if (file.packed > file.unpacked + limits.freeBytes) throw new Error('its listed size is invalid')
  const packed = await packedBytes(archive, file)
  if (file.method === methods.stored) return packed
  if (file.unpacked > file.packed * bestRatio + limits.freeBytes) throw new Error('its listed size is invalid')
  return exactly(file.unpacked, inflated(streamOf(packed)))
}

/** Reads the bytes of a file. Rejects with a readable reason. */
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
