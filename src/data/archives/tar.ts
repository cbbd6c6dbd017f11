/**
 * Lists the files of a .tar and reads them in place. The libraries for tar stream through the whole archive; an index of
 * offsets gives random access to a dataset of many gigabytes.
 */
import { type Entry, inWords, type Listing, type OnFound, type Refused } from '../entry.ts'
import { nothingLeft, withoutDoubles } from './listing.ts'
import { decodeName, safePath } from './paths.ts'
import { block, hasTarMark, isTarHeader, isZero, paxRecords, tarHeader, untilNul } from './tar-header.ts'

/** Bytes of a read while indexing: small files share a read; large files are skipped. */
const windows = { many: 2 ** 22, single: 2 ** 14, large: 2 ** 17 } as const
/** Files up to this size, such as labels, are stored with the index: an archive can have hundreds of thousands. */
const inlineSize = 64
/** Most bytes of an extended header; a longer one is damaged. */
const mostExtended = 2 ** 20
/** Files between two progress reports. */
const reportEvery = 1024

export const isTar = (head: Uint8Array): boolean => isTarHeader(head) || hasTarMark(head)

type Read = (from: number, length: number) => Promise<Uint8Array>

function windowed(blob: Blob): Read {
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

const refusals: Readonly<Record<string, string>> = {
  1: 'a hard link, not a file',
  2: 'a symbolic link, not a file',
  3: 'a device, not a file',
  4: 'a device, not a file',
  6: 'a pipe, not a file',
  M: 'the continuation of a file from another archive',
  S: 'a sparse file, which is not supported',
}
/** Types of members that are not files: folders, volume names and folder lists. */
const ignoredKinds = '5VD'

/** Records of extended headers, which describe the file that follows them. */
type Ahead = ReadonlyMap<string, Uint8Array>

const nothing: Ahead = new Map()

/** The records ahead of a file after another extended header. */
function aheadOf(kind: string, body: Uint8Array, before: Ahead): Ahead {
  if (kind === 'K') return before
  return new Map([...before, ...(kind === 'L' ? [['path', untilNul(body).slice()] as const] : paxRecords(body))])
}

const latin = new TextDecoder('latin1')

/** The size of a file according to its header and records; NaN if the record is not a number. */
function sizeOf(size: number, ahead: Ahead): number {
  const record = ahead.get('size')
  if (!record || record.length === 0) return size
  const text = latin.decode(record)
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

const isSparse = (ahead: Ahead) => [...ahead.keys()].some((key) => key.startsWith('GNU.sparse.'))

/** Position of the next valid header, starting at `from`; `end` if there is none. */
async function nextHeader(read: Read, from: number, end: number, signal: AbortSignal | undefined): Promise<number> {
  for (let at = from; at + block <= end; at += block) {
    signal?.throwIfAborted()
    const header = await read(at, block)
    if (hasTarMark(header) && isTarHeader(header)) return at
  }
  return end
}

/** Position after the blocks that continue GNU's description of a sparse file. */
async function afterSparse(read: Read, from: number, end: number): Promise<number> {
  let at = from
  while (at + block <= end && (await read(at, block))[504] === 1) at += block
  return at + block
}

/** A file, link, folder or device in the archive, with the position of its body. */
interface Member {
  readonly kind: string
  readonly name: Uint8Array
  readonly ahead: Ahead
  readonly from: number
  readonly size: number
}

const isAhead = (kind: string) => 'xgLK'.includes(kind)

/** The size of the body that follows a header, in bytes; NaN if the header is damaged. */
function bodySize(header: Uint8Array, ahead: Ahead): number {
  const { kind, size } = tarHeader(header)
  if (!isTarHeader(header)) return Number.NaN
  if (!isAhead(kind)) return sizeOf(size, ahead)
  return size <= mostExtended ? size : Number.NaN
}

/** Yields all members in order, and the damaged ones with their reason. */
async function* members(
  blob: Blob,
  read: Read,
  archive: string,
  signal?: AbortSignal,
): AsyncGenerator<Member | Refused> {
  let [ahead, always] = [nothing, nothing]
  for (let at = 0; at + block <= blob.size; ) {
    signal?.throwIfAborted()
    const header = await read(at, block)
    if (isZero(header)) return
    const size = bodySize(header, ahead)
    if (Number.isNaN(size)) {
      yield { path: `byte ${at}`, reason: `a damaged header in ${archive}; the file that follows it is lost` }
      at = await nextHeader(read, at + block, blob.size, signal)
      ahead = always
      continue
    }
    const { kind, name: short, extended } = tarHeader(header)
    const from = extended ? await afterSparse(read, at + block, blob.size) : at + block
    const name = ahead.get('path')?.length ? (ahead.get('path') ?? short) : short
    if (from + size > blob.size)
      return yield {
        path: safePath(decodeName(name)).path,
        reason: `${archive} is truncated in the middle of this file`,
      }
    if (kind === 'g') ahead = always = new Map([...always, ...paxRecords(await read(from, size))])
    else if (isAhead(kind)) ahead = aheadOf(kind, await read(from, size), ahead)
    else {
      yield { kind, name, ahead, from, size }
      ahead = always
    }
    at = from + Math.ceil(size / block) * block
  }
}

/** The member as an entry or as a refused file; null if it is not a file. */
async function entryOf(
  { kind, name, ahead, from, size }: Member,
  blob: Blob,
  read: Read,
): Promise<Entry | Refused | null> {
  const safe = safePath(decodeName(name))
  if (ignoredKinds.includes(kind) || safe.path === '' || name.at(-1) === 0x2f) return null
  if ('reason' in safe) return safe
  if (isSparse(ahead)) return { ...safe, reason: refusals.S }
  if (kind !== '0' && kind !== '7') return { ...safe, reason: refusals[kind] ?? `a member of unknown type ${kind}` }
  const body = () => blob.slice(from, from + size)
  const inline = size <= inlineSize ? (await read(from, size)).slice() : null
  const bytes = async () => inline ?? (await inWords(async () => new Uint8Array(await body().arrayBuffer())))
  return { ...safe, size, place: `${safe.path} ${from} ${size}`, read: bytes, blob: body }
}

/**
 * Lists the files of a tar. Refuses links, devices, unsafe names, damaged headers and a truncated last file. Throws
 * DataError if every file is refused, or AbortError.
 */
export async function tarListing(blob: Blob, name: string, signal?: AbortSignal, onFound?: OnFound): Promise<Listing> {
  const read = windowed(blob)
  const entries: Entry[] = []
  const refused: Refused[] = []
  for await (const member of members(blob, read, name, signal)) {
    const found = 'reason' in member ? member : await entryOf(member, blob, read)
    if (found && 'reason' in found) refused.push(found)
    else if (found && entries.push(found) % reportEvery === 0) onFound?.(entries.length)
  }
  if (entries.length === 0 && refused.length > 0) throw nothingLeft(refused, name)
  return withoutDoubles({ entries, refused })
}
