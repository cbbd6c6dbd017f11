/** Identifies the files of archives: by the archive, and by their places in it. */
import type { Entry, Listing } from '../entry.ts'
import type { Identity } from '../identity.ts'

/** Several names can lead to the bytes at one position, so that a place consists of both. */
const inside = (archive: string, { path, place }: Entry) => `${archive}\t${path}\t${place}`

/** The files of an archive inside another one, at places that start with its own. */
export const placedIn = (listing: Listing, archive: string | undefined): Listing => ({
  ...listing,
  entries: listing.entries.map((entry) => {
    const place = archive === undefined || entry.place === undefined ? undefined : inside(archive, entry)
    return { ...entry, place }
  }),
})

/** The files of an archive, identified by the archive and their places in it. */
export const identifiedBy = (listing: Listing, archive: Identity | undefined): Listing => ({
  ...listing,
  entries: listing.entries.map((entry) =>
    archive === undefined || entry.place === undefined
      ? entry
      : { ...entry, identity: { ...archive, place: inside(archive.place, entry) } },
  ),
})
