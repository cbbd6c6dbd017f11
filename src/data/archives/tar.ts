/**
 * Lists the files of a .tar and reads them in place. The libraries for tar stream through the whole archive; an index of
 * offsets gives random access to a dataset of many gigabytes.
 */
import { inWords, type Listing, type OnFound } from '../entry.ts'
import type { Damage } from './gunzip.ts'
import { type Item, listingOf } from './items.ts'
import { nothingLeft } from './listing.ts'
import { decodeName } from './paths.ts'
import { hasTarMark, isTarHeader } from './tar-header.ts'
import { type Member, members } from './tar-members.ts'
import { type Read, windowed } from './window.ts'

/** Files up to this size, such as labels, are stored with the index: an archive can have hundreds of thousands. */
const inlineSize = 64
/** Files between two progress reports. */
const reportEvery = 1024

export const isTar = (head: Uint8Array): boolean => isTarHeader(head) || hasTarMark(head)

const refusals: Readonly<Record<string, string>> = {
  3: 'a device, not a file',
  4: 'a device, not a file',
  6: 'a pipe, not a file',
  M: 'the continuation of a file from another archive',
  S: 'a sparse file, which is not supported',
}
/** Types of members that are not files: folders, volume names and folder lists. */
const ignoredKinds = '5VD'

const isSparse = ({ ahead }: Member) => [...ahead.keys()].some((key) => key.startsWith('GNU.sparse.'))

/** Whether a member touches a damaged part; the parts are in order. */
function isIn(damaged: readonly Damage[], { start, from, size }: Member): boolean {
  let [low, high] = [0, damaged.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (damaged[middle].to > start) high = middle
    else low = middle + 1
  }
  return low < damaged.length && damaged[low].from < from + size
}

/** The contents of a tar, as far as they are known. */
interface Content {
  readonly blob: Blob
  readonly name: string
  readonly read: Read
  readonly damaged: readonly Damage[]
}

/** The member as a file, a link, or one that is refused; a folder as null. */
async function itemOf(member: Member, { blob, name: archive, read, damaged }: Content): Promise<Item | null> {
  const { kind, from, size } = member
  const name = decodeName(member.name)
  if (ignoredKinds.includes(kind) || name.endsWith('/')) return null
  if (isIn(damaged, member)) return { name, reason: `in a damaged part of ${archive}` }
  if (kind === '1' || kind === '2') return { name, target: decodeName(member.link), hard: kind === '1' }
  if (isSparse(member)) return { name, reason: refusals.S }
  if (kind !== '0' && kind !== '7') return { name, reason: refusals[kind] ?? `a member of unknown type ${kind}` }
  const body = () => blob.slice(from, from + size)
  const inline = size <= inlineSize ? (await read(from, size)).slice() : null
  const bytes = async () => inline ?? (await inWords(async () => new Uint8Array(await body().arrayBuffer())))
  return { name, file: { size, place: `${from} ${size}`, read: bytes, blob: body } }
}

/**
 * Lists the files of a tar, or of several in one file. Refuses devices, links that lead to no file, unsafe names, damaged
 * headers, files in `damaged` parts and a truncated last file. Throws DataError if every file is refused, or AbortError.
 */
export async function tarListing(
  blob: Blob,
  name: string,
  signal?: AbortSignal,
  onFound?: OnFound,
  damaged: readonly Damage[] = [],
): Promise<Listing> {
  const content = { blob, name, read: windowed(blob), damaged }
  const [items, folders, notes]: [Item[], string[], string[]] = [[], [], []]
  for await (const member of members({ name, read: content.read, size: blob.size }, signal)) {
    if ('note' in member) notes.push(member.note)
    else if ('reason' in member) items.push({ name: member.path, reason: member.reason })
    else {
      const item = await itemOf(member, content)
      if (item === null) folders.push(decodeName(member.name))
      else if (items.push(item) % reportEvery === 0) onFound?.(items.length)
    }
  }
  const { entries, refused } = listingOf(items, folders)
  if (entries.length === 0 && refused.length > 0) throw nothingLeft(refused, name)
  return { entries, refused, notes }
}
