/** Identifies the files of archives: by the archive, and by their places in it. */
import type { Listing } from '../entry.ts'
import type { Identity } from '../identity.ts'

/** Places inside an archive start with the archive's. */
const inside = (archive: string, place: string) => `${archive}\t${place}`

/** The files of an archive inside another one, at places that start with its own. */
export const placedIn = ({ entries, refused }: Listing, place: string | undefined): Listing => ({
  entries: entries.map(({ place: inner, ...entry }) =>
    place === undefined || inner === undefined ? entry : { ...entry, place: inside(place, inner) },
  ),
  refused,
})

/** The files of an archive, identified by the archive and their places in it. */
export const identifiedBy = ({ entries, refused }: Listing, archive: Identity | undefined): Listing => ({
  entries: entries.map((entry) =>
    archive === undefined || entry.place === undefined
      ? entry
      : { ...entry, identity: { ...archive, place: inside(archive.place, entry.place) } },
  ),
  refused,
})
