/**
 * A .tar as entries, read where they lie. The libraries for tar stream through the whole archive; an index of
 * offsets lets a data set of many gigabytes be read image by image, so the headers (POSIX ustar, pax, GNU long
 * names) are read here.
 */
import type { Entry } from './entry.ts'
import { DataError } from './source.ts'

const block = 512
/** Bytes fetched at a time while indexing: many small files share a read, large ones are skipped. */
const windows = { many: 2 ** 22, single: 2 ** 14, large: 2 ** 16 } as const
/** Labels and the like are kept when they are passed, for they come by the hundred thousand. */
const keptSize = 64

const text = (bytes: Uint8Array) => {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** Octal, or base 256 where the first bit is set. */
function numberOf(bytes: Uint8Array): number {
  if (bytes[0] & 0x80) return bytes.subarray(1).reduce((sum, b) => sum * 256 + b, bytes[0] & 0x7f)
  return Number.parseInt(text(bytes).trim() || '0', 8)
}

/** Sum of all bytes with the checksum field as spaces. */
const checksumOf = (header: Uint8Array) => header.reduce((sum, b, i) => sum + (i >= 148 && i < 156 ? 32 : b), 0)

export const isTar = (head: Uint8Array): boolean =>
  head.length >= block && numberOf(head.subarray(148, 156)) === checksumOf(head)

/** `path` of a pax record block: lines of "length key=value". */
function paxPath(body: Uint8Array): string | null {
  const match = /(?:^|\n)\d+ path=([^\n]*)/.exec(new TextDecoder().decode(body))
  return match ? match[1] : null
}

function windowed(blob: Blob): (from: number, length: number) => Promise<Uint8Array> {
  let start = 0
  let bytes = new Uint8Array(0)
  return async (from, length) => {
    if (from < start || from + length > start + bytes.length) {
      const jumped = from > start + bytes.length + windows.large
      start = from
      const size = jumped ? windows.single : windows.many
      bytes = new Uint8Array(await blob.slice(from, from + Math.max(size, length)).arrayBuffer())
    }
    return bytes.subarray(from - start, from - start + length)
  }
}

/** Throws DataError for an archive that breaks off or is no tar, or AbortError. */
export async function tarEntries(blob: Blob, name: string, signal?: AbortSignal): Promise<Entry[]> {
  const read = windowed(blob)
  const entries: Entry[] = []
  let longName: string | null = null
  for (let at = 0; at + block <= blob.size; ) {
    signal?.throwIfAborted()
    const header = await read(at, block)
    if (header.every((b) => b === 0)) break
    if (!isTar(header))
      throw new DataError(`${name} cannot be read as a tar archive (damaged at byte ${at}); pack it again`)
    const size = numberOf(header.subarray(124, 136))
    const body = at + block
    if (body + size > blob.size)
      throw new DataError(`${name} breaks off in the middle of a file; copy or pack it again`)
    const kind = String.fromCharCode(header[156] || 48)
    const prefix = text(header.subarray(257, 262)) === 'ustar' ? text(header.subarray(345, 500)) : ''
    if (kind === 'L') longName = text(await read(body, size))
    else if (kind === 'x') longName = paxPath(await read(body, size)) ?? longName
    else {
      const short = [prefix, text(header.subarray(0, 100))].filter(Boolean).join('/')
      const path = (longName ?? short).replace(/^\.\//, '')
      const kept = size <= keptSize ? (await read(body, size)).slice() : null
      if (kind === '0') entries.push(fileEntry(blob, path, body, size, kept))
      longName = null
    }
    at = body + Math.ceil(size / block) * block
  }
  return entries
}

function fileEntry(blob: Blob, path: string, from: number, size: number, kept: Uint8Array | null): Entry {
  const own = () => blob.slice(from, from + size)
  return { path, size, read: async () => kept ?? new Uint8Array(await own().arrayBuffer()), blob: own }
}
