/** From what an archive holds to a listing: safe paths, links, and files with the same name. */
import type { Entry, Listing, Refused } from '../entry.ts'
import { behindLinks, type Member } from './links.ts'
import { withoutDoubles } from './listing.ts'
import { hasBackslashPaths, safePath } from './paths.ts'

type FileOf = Omit<Entry, 'path'>

/** A member of an archive with its name as the archive states it: a file, a link, or one that is refused. */
export type Item = { readonly name: string } & (
  | { readonly file: FileOf }
  | { readonly target: string; readonly hard: boolean }
  | { readonly reason: string }
)

const slashes = (name: string) => name.replaceAll('\\', '/')

const withSlashes = (item: Item): Item =>
  'target' in item
    ? { ...item, name: slashes(item.name), target: slashes(item.target) }
    : { ...item, name: slashes(item.name) }

function memberOf(item: Item): Member<FileOf> {
  const safe = safePath(item.name)
  if ('reason' in safe) return safe
  if ('reason' in item) return { ...safe, reason: item.reason }
  return 'file' in item ? { ...safe, file: item.file } : { ...safe, target: item.target, hard: item.hard }
}

/** The listing of an archive with these members, in order. `folders`: names of folders that the archive lists. */
export function listingOf(items: readonly Item[], folders: readonly string[] = []): Listing {
  const backslashes = hasBackslashPaths(items.map(({ name }) => name))
  const named = (backslashes ? items.map(withSlashes) : items).filter(({ name }) => !name.endsWith('/'))
  const members = named.map(memberOf).filter(({ path }) => path !== '')
  return withoutDoubles(withLinks(members, backslashes ? folders.map(slashes) : folders))
}

/** Replaces links by the files they lead to, or refuses them. */
function withLinks(members: readonly Member<FileOf>[], folders: readonly string[]): (Entry | Refused)[] {
  const hasLinks = members.some((member) => 'target' in member)
  const found = hasLinks
    ? behindLinks(
        members,
        folders.map((name) => safePath(name).path),
      )
    : members
  return found.flatMap((one, i): (Entry | Refused)[] => {
    if (one === null || 'target' in one) return []
    const { path } = members[i]
    return ['file' in one ? { path, ...one.file } : { path, reason: one.reason }]
  })
}
