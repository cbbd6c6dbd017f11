/** Parses headers of tar members: POSIX ustar and pax, GNU's format, and the first Unix format. */

export const block = 512

export interface TarHeader {
  /** The type flag: '0' for a file, '5' for a folder, 'x' for an extended header, … */
  readonly kind: string
  /** The bytes of the name, in an unknown encoding. */
  readonly name: Uint8Array
  /** The target of a link. */
  readonly link: Uint8Array
  /** In bytes; NaN if the field is not a valid number. */
  readonly size: number
  /** Whether GNU's description of a sparse file continues in the next block. */
  readonly extended: boolean
}

const latin = new TextDecoder('latin1')

/** The bytes before the first NUL. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

/** Parses an octal number, or a base-256 number if the first bit is set; NaN if invalid, negative or beyond 2⁵³. */
export function numberOf(bytes: Uint8Array): number {
  if (bytes[0] & 0x80) {
    const value = bytes.subarray(1).reduce((sum, b) => sum * 256 + b, bytes[0] & 0x7f)
    return Number.isSafeInteger(value) ? value : Number.NaN
  }
  const text = latin.decode(untilNul(bytes)).trim()
  return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

/** The sum of all bytes, in which the checksum's bytes count as spaces; and the sum of signed bytes, which old programs wrote. */
function checksumsOf(header: Uint8Array): [number, number] {
  let [sum, negative] = [8 * 32, 0]
  for (let i = 0; i < block; i++) {
    if (i >= 148 && i < 156) continue
    sum += header[i]
    if (header[i] > 127) negative += 256
  }
  return [sum, sum - negative]
}

export function isTarHeader(head: Uint8Array): boolean {
  const stated = numberOf(head.subarray(148, 156))
  return head.length >= block && stated > 0 && checksumsOf(head).includes(stated)
}

const ustar = [0x75, 0x73, 0x74, 0x61, 0x72]

/** True if the header has the "ustar" mark of all formats but the oldest; most damaged headers still have it. */
export const hasTarMark = (head: Uint8Array): boolean => ustar.every((b, i) => head[257 + i] === b)

export const isZero = (bytes: Uint8Array): boolean => bytes.every((b) => b === 0)

function nameOf(header: Uint8Array): Uint8Array {
  const name = untilNul(header.subarray(0, 100))
  // POSIX has the beginning of long paths here; GNU, whose mark ends in spaces, has other fields.
  const prefix = hasTarMark(header) && header[262] === 0 ? untilNul(header.subarray(345, 500)) : new Uint8Array(0)
  return prefix.length === 0 ? name.slice() : Uint8Array.of(...prefix, 0x2f, ...name)
}

/** False for links, devices, folders and pipes, whatever their size fields state. */
export const hasBody = (kind: string): boolean => !'123456'.includes(kind)

export function tarHeader(header: Uint8Array): TarHeader {
  const kind = String.fromCharCode(header[156] || 48)
  const size = hasBody(kind) ? numberOf(header.subarray(124, 136)) : 0
  const link = untilNul(header.subarray(157, 257)).slice()
  return { kind, name: nameOf(header), link, size, extended: kind === 'S' && header[482] === 1 }
}

/** Records of a pax header ("length key=value\n") by key. Ignores everything after a damaged record. */
export function paxRecords(body: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>()
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at)
    const length = Number(latin.decode(body.subarray(at, space < 0 ? at : space)))
    const record = body.subarray(space + 1, at + length - 1)
    const equals = record.indexOf(0x3d)
    if (!(length > 0 && at + length <= body.length) || equals < 0) break
    records.set(latin.decode(record.subarray(0, equals)), record.slice(equals + 1))
    at += length
  }
  return records
}
