/** Combines and checks listings. */
import { type Entry, isImage, type Listing, type Refused } from '../entry.ts'
import { DataError } from '../source.ts'

/** Refuses all files of a path but the last one, which unpacking an archive would leave, even if that one is refused. */
export function withoutDoubles(found: readonly (Entry | Refused)[]): Listing {
  const last = new Map(found.map(({ path }, i) => [path, i]))
  const entries: Entry[] = []
  const refused: Refused[] = []
  for (const [i, one] of found.entries()) {
    if ('reason' in one) refused.push(one)
    else if (last.get(one.path) === i) entries.push(one)
    else refused.push({ path: one.path, reason: 'a later file in the archive has the same name' })
  }
  return { entries, refused }
}

/** Joins the listings of several sources. */
export const together = (listings: readonly Listing[]): Listing => ({
  entries: listings.flatMap(({ entries }) => entries),
  refused: listings.flatMap(({ refused }) => refused),
  notes: listings.flatMap(({ notes = [] }) => notes),
})

/** The error if every file was refused; it states the first reason. */
export function nothingLeft(refused: readonly Refused[], name: string): DataError {
  const [{ path, reason }] = refused
  const more = refused.length > 1 ? `, and ${refused.length - 1} more` : ''
  return new DataError(`no file in ${name} can be read (${path}: ${reason}${more}); copy, download or pack it again`)
}

/** The error if a compressed archive as a whole cannot be unpacked. */
export const unpackable = (name: string, reason: string, cause?: unknown): DataError =>
  new DataError(`${name} cannot be unpacked (${reason}); download or pack it again`, { cause })

/** Returns the listing. Throws DataError if it has no image and refused files, or notes that say why. */
export function usable(listing: Listing, name: string): Listing {
  const { entries, refused, notes = [] } = listing
  if (entries.some(isImage)) return listing
  if (refused.length > 0) throw nothingLeft(refused, name)
  if (entries.length === 0 && notes.length > 0)
    throw new DataError(`${notes.join(' ')} Choose another archive, or a folder.`)
  return listing
}
