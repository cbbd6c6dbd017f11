/** What was found and what was refused, put together. */
import { isImage, type Listing, type Refused } from '../entry.ts'
import { DataError } from '../source.ts'

/** The last one of a name counts, as where archives are unpacked; the others are refused. */
export function withoutDoubles({ entries, refused }: Listing): Listing {
  const last = new Map(entries.map(({ path }, i) => [path, i]))
  if (last.size === entries.length) return { entries, refused }
  const doubled = entries.filter(({ path }, i) => last.get(path) !== i)
  const reason = 'another file of the same name comes later in the archive'
  return {
    entries: entries.filter(({ path }, i) => last.get(path) === i),
    refused: [...refused, ...doubled.map(({ path }) => ({ path, reason }))],
  }
}

/** Of several sources. */
export const together = (listings: readonly Listing[]): Listing => ({
  entries: listings.flatMap(({ entries }) => entries),
  refused: listings.flatMap(({ refused }) => refused),
})

/** Where all that was found was refused; says the first reason. */
export function nothingLeft(refused: readonly Refused[], name: string): DataError {
  const [{ path, reason }] = refused
  const more = refused.length > 1 ? `, and ${refused.length - 1} more` : ''
  return new DataError(`nothing in ${name} can be read (${path}: ${reason}${more}); copy, download or pack it again`)
}

/** The same. Throws DataError where no image is left, but something was refused. */
export function usable(listing: Listing, name: string): Listing {
  if (listing.refused.length > 0 && !listing.entries.some(isImage)) throw nothingLeft(listing.refused, name)
  return listing
}
