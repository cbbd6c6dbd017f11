/** Finds the members of a tar, past ends, zeros and damaged places. */
import type { Refused } from '../entry.ts'
import { decodeName, safePath } from './paths.ts'
import { block, hasBody, hasTarMark, isTarHeader, isZero, paxRecords, tarHeader, untilNul } from './tar-header.ts'
import { afterZeros, type Read } from './window.ts'

/** Most bytes of an extended header; a longer one is damaged. */
const mostExtended = 2 ** 20

/** Records of extended headers, which describe the file that follows them. */
type Ahead = ReadonlyMap<string, Uint8Array>

const nothing: Ahead = new Map()

/** A file, link, folder or device in the archive, with the position of its body. */
export interface Member {
  readonly kind: string
  readonly name: Uint8Array
  readonly link: Uint8Array
  readonly ahead: Ahead
  /** Position of its first header. */
  readonly start: number
  readonly from: number
  readonly size: number
}

export interface Tar {
  readonly name: string
  readonly read: Read
  readonly size: number
}

/** The records ahead of a file after another extended header. */
function aheadOf(kind: string, body: Uint8Array, before: Ahead): Ahead {
  const long = { L: 'path', K: 'linkpath' }[kind]
  return new Map([...before, ...(long ? [[long, untilNul(body).slice()] as const] : paxRecords(body))])
}

const latin = new TextDecoder('latin1')

/** The size of a file according to its header and records; NaN if the record is not a number. */
function sizeOf(size: number, ahead: Ahead): number {
  const record = ahead.get('size')
  if (!record || record.length === 0) return size
  const text = latin.decode(record)
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

/** Blocks that are searched at once for a header. */
const searched = 128

/** Position of the next valid header, starting at `from`; `end` if there is none. */
async function nextHeader({ read, size }: Tar, from: number, signal: AbortSignal | undefined): Promise<number> {
  for (let start = from; start + block <= size; start += searched * block) {
    signal?.throwIfAborted()
    const bytes = await read(start, Math.min(searched * block, size - start))
    for (let at = 0; at + block <= bytes.length; at += block) {
      const header = bytes.subarray(at, at + block)
      if (hasTarMark(header) && isTarHeader(header)) return start + at
    }
  }
  return size
}

/** Position after the blocks that continue GNU's description of a sparse file. */
async function afterSparse(read: Read, from: number, end: number): Promise<number> {
  let at = from
  while (at + block <= end && (await read(at, block))[504] === 1) at += block
  return at + block
}

const isAhead = (kind: string) => 'xXgLK'.includes(kind)

/** The size of the body that follows a header, in bytes; NaN if the header is damaged. */
function bodySize(header: Uint8Array, ahead: Ahead): number {
  const { kind, size } = tarHeader(header)
  if (!isTarHeader(header)) return Number.NaN
  if (isAhead(kind)) return size <= mostExtended ? size : Number.NaN
  return hasBody(kind) ? sizeOf(size, ahead) : 0
}

const recordOf = (ahead: Ahead, key: string, short: Uint8Array) => {
  const record = ahead.get(key)
  return record?.length ? record : short
}

/** What is known while members are read in turn. */
interface Scan {
  /** Records for the next file, and those of global headers. */
  ahead: Ahead
  always: Ahead
  /** Position of the first of the headers ahead of a file; null if there is none. */
  first: number | null
  /** Whether zeros, which end an archive, precede this position. */
  ended: boolean
  /** What a damaged header right before this position may have described: the name of the next file, perhaps or surely. */
  damaged: 'maybe' | 'name' | null
}

const fresh = (ended: boolean, damaged: Scan['damaged'] = null): Scan => ({
  ahead: nothing,
  always: nothing,
  first: null,
  ended,
  damaged,
})

/** The bytes of the name in a header. A longer name is in an extended header before it. */
const nameBytes = 100

/** Whether a damaged header was one that describes the next file, by its type or by the names that programs give it. */
function describesNext(header: Uint8Array): boolean {
  const { kind, name } = tarHeader(header)
  return (hasTarMark(header) && isAhead(kind)) || /@LongLink|PaxHeader/i.test(latin.decode(name))
}

/** Whether the name of a file may have been in the damaged header before it. Its own header then has a part of it. */
const hasLostName = ({ damaged }: Scan, short: Uint8Array) =>
  damaged === 'name' || (damaged === 'maybe' && short.length >= nameBytes)

/** Facts that leave out no member. */
export interface Note {
  readonly note: string
}

/**
 * Yields all members in order, and the damaged ones with their reason. Reads on behind the zeros that end an archive:
 * archives can follow each other in one file.
 */
export async function* members(tar: Tar, signal?: AbortSignal): AsyncGenerator<Member | Refused | Note> {
  const { read, size } = tar
  let scan = fresh(false)
  let at = 0
  while (at + block <= size) {
    signal?.throwIfAborted()
    const header = await read(at, block)
    if (isZero(header)) {
      at += Math.floor(((await afterZeros(read, at, size)) - at) / block) * block
      scan = fresh(true)
    } else if (Number.isNaN(bodySize(header, scan.ahead))) {
      const next = await nextHeader(tar, at + block, signal)
      // Text behind the end is no lost file.
      if (scan.ended && next === size && !hasTarMark(header)) return yield behindEnd(tar, at)
      yield { path: `byte ${at}`, reason: `a damaged header in ${tar.name}; the file that follows it is lost` }
      ;[at, scan] = [next, fresh(false, describesNext(header) ? 'name' : 'maybe')]
    } else {
      const { found, next } = await oneMember(tar, at, header, scan)
      if (found) yield found
      if (next === null) return
      at = next
    }
  }
  const rest = at < size ? await read(at, size - at) : new Uint8Array(0)
  if (isZero(rest)) return
  yield scan.ended
    ? behindEnd(tar, at)
    : { path: `byte ${at}`, reason: `${tar.name} is truncated in the middle of a header` }
}

function behindEnd({ name, size }: Tar, at: number): Note {
  const which = size - at === 1 ? 'byte is' : `${size - at} bytes are`
  return { note: `${name}: the last ${which} behind its end and no part of a tar.` }
}

/** The member at `at`, or null if its header describes the next one, and the position behind it; null if it is cut. */
async function oneMember(
  { name: archive, read, size: end }: Tar,
  at: number,
  header: Uint8Array,
  scan: Scan,
): Promise<{ found: Member | Refused | null; next: number | null }> {
  const { kind, name: short, link, extended } = tarHeader(header)
  const size = bodySize(header, scan.ahead)
  const from = extended ? await afterSparse(read, at + block, end) : at + block
  const name = recordOf(scan.ahead, 'path', short)
  if (from + size > end) {
    const reason = `${archive} is truncated in the middle of this file`
    return { found: { path: safePath(decodeName(name)).path, reason }, next: null }
  }
  const next = from + Math.ceil(size / block) * block
  scan.ended = false
  if (isAhead(kind)) {
    const body = await read(from, size)
    scan.first ??= at
    if (kind === 'g') scan.ahead = scan.always = new Map([...scan.always, ...paxRecords(body)])
    else scan.ahead = aheadOf(kind, body, scan.ahead)
    return { found: null, next }
  }
  const { ahead } = scan
  const start = scan.first ?? at
  const isLost = !ahead.has('path') && hasLostName(scan, short)
  Object.assign(scan, { ahead: scan.always, first: null, damaged: null })
  if (isLost) {
    const { path } = safePath(decodeName(name))
    return { found: { path, reason: 'its name was in the damaged header before it' }, next }
  }
  return { found: { kind, name, link: recordOf(ahead, 'linkpath', link), ahead, start, from, size }, next }
}
