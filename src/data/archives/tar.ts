/**
 * A .tar as entries, read where they lie. The libraries for tar stream through the whole archive; an index of
 * offsets lets a data set of many gigabytes be read image by image, so the headers are read here.
 */
import { type Entry, inWords, type Listing, type OnFound, type Refused } from '../entry.ts'
import { nothingLeft, withoutDoubles } from './listing.ts'
import { decodeName, safePath } from './paths.ts'
import { block, hasTarMark, isTarHeader, isZero, paxRecords, tarHeader, untilNul } from './tar-header.ts'

/** Bytes fetched at a time while indexing: many small files share a read, large ones are skipped. */
const windows = { many: 2 ** 22, single: 2 ** 14, large: 2 ** 17 } as const
/** Labels and the like are kept when they are passed, for they come by the hundred thousand. */
const keptSize = 64
/** Names and other things about a file; more is damage. */
const mostExtended = 2 ** 20
/** Files between two reports of how many there are. */
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
  1: 'a hard link, no file of its own',
  2: 'a symbolic link, no file of its own',
  3: 'a device, no file',
  4: 'a device, no file',
  6: 'a pipe, no file',
  M: 'the rest of a file that begins in another archive',
  S: 'a sparse file, which is not read',
}
/** Folders, names of volumes and lists of folders. */
const passedOver = '5VD'

/** What headers say of the file that follows them. */
type Ahead = ReadonlyMap<string, Uint8Array>

const nothing: Ahead = new Map()

/** The records ahead of a file after one more extended header. */
function aheadOf(kind: string, body: Uint8Array, before: Ahead): Ahead {
  if (kind === 'K') return before
  return new Map([...before, ...(kind === 'L' ? [['path', untilNul(body).slice()] as const] : paxRecords(body))])
}

const latin = new TextDecoder('latin1')

/** Its size by the records ahead of it: NaN where they are no number. */
function sizeOf(size: number, ahead: Ahead): number {
  const record = ahead.get('size')
  if (!record || record.length === 0) return size
  const text = latin.decode(record)
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

const isSparse = (ahead: Ahead) => [...ahead.keys()].some((key) => key.startsWith('GNU.sparse.'))

/** Where the next header is that can be one, from a damaged one on. */
async function nextHeader(read: Read, from: number, end: number, signal: AbortSignal | undefined): Promise<number> {
  for (let at = from; at + block <= end; at += block) {
    signal?.throwIfAborted()
    const header = await read(at, block)
    if (hasTarMark(header) && isTarHeader(header)) return at
  }
  return end
}

/** GNU's descriptions of sparse files may go on in further blocks. */
async function afterSparse(read: Read, from: number, end: number): Promise<number> {
  let at = from
  while (at + block <= end && (await read(at, block))[504] === 1) at += block
  return at + block
}

/** A file or what else has a header of its own, and where its body lies. */
interface Member {
  readonly kind: string
  readonly name: Uint8Array
  readonly ahead: Ahead
  readonly from: number
  readonly size: number
}

const isAhead = (kind: string) => 'xgLK'.includes(kind)

/** The size of the body that follows a header; NaN where the header is damaged. */
function bodySize(header: Uint8Array, ahead: Ahead): number {
  const { kind, size } = tarHeader(header)
  if (!isTarHeader(header)) return Number.NaN
  if (!isAhead(kind)) return sizeOf(size, ahead)
  return size <= mostExtended ? size : Number.NaN
}

/** All members in their order, and what is damaged. */
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
      yield { path: `byte ${at}`, reason: `a damaged header in ${archive}; the file behind it is lost` }
      at = await nextHeader(read, at + block, blob.size, signal)
      ahead = always
      continue
    }
    const { kind, name: short, extended } = tarHeader(header)
    const from = extended ? await afterSparse(read, at + block, blob.size) : at + block
    const name = ahead.get('path')?.length ? (ahead.get('path') ?? short) : short
    if (from + size > blob.size)
      return yield { path: safePath(decodeName(name)).path, reason: `${archive} breaks off in the middle of it` }
    if (kind === 'g') ahead = always = new Map([...always, ...paxRecords(await read(from, size))])
    else if (isAhead(kind)) ahead = aheadOf(kind, await read(from, size), ahead)
    else {
      yield { kind, name, ahead, from, size }
      ahead = always
    }
    at = from + Math.ceil(size / block) * block
  }
}

/** What a member is: an entry, refused, or null for what is passed over. */
async function entryOf(
  { kind, name, ahead, from, size }: Member,
  blob: Blob,
  read: Read,
): Promise<Entry | Refused | null> {
  const safe = safePath(decodeName(name))
  if (passedOver.includes(kind) || safe.path === '' || name.at(-1) === 0x2f) return null
  if ('reason' in safe) return safe
  if (isSparse(ahead)) return { ...safe, reason: refusals.S }
  if (kind !== '0' && kind !== '7') return { ...safe, reason: refusals[kind] ?? `an entry of the unknown kind ${kind}` }
  const own = () => blob.slice(from, from + size)
  const kept = size <= keptSize ? (await read(from, size)).slice() : null
  const bytes = async () => kept ?? (await inWords(async () => new Uint8Array(await own().arrayBuffer())))
  return { ...safe, size, read: bytes, blob: own }
}

/**
 * The files of a tar. Links, devices, unsafe names and damaged headers are refused, and a file in whose middle the archive
 * breaks off. Throws DataError where nothing is left, or AbortError.
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
