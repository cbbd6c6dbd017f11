/** From what an archive holds to a listing: safe paths, links, and files with the same name. */
import type { Entry, Listing, Refused } from '../entry.ts'
import { behindLinks, type Link, type Placed } from './links.ts'
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

function placed(item: Item): Placed<FileOf> | Link | Refused {
  const safe = safePath(item.name)
  if ('reason' in safe) return safe
  if ('reason' in item) return { ...safe, reason: item.reason }
  return 'file' in item ? { ...safe, file: item.file } : { ...safe, target: item.target, hard: item.hard }
}

/** `folders`: names of folders that the archive lists. */
export function listingOf(items: readonly Item[], folders: readonly string[] = []): Listing {
  const backslashes = hasBackslashPaths(items.map(({ name }) => name))
  const named = backslashes ? items.map(withSlashes) : items
  const members: (Placed<FileOf> | Link)[] = []
  const refused: Refused[] = []
  for (const item of named) {
    if (item.name.endsWith('/')) continue
    const one = placed(item)
    if ('reason' in one) refused.push(one)
    else if (one.path !== '') members.push(one)
  }
  return withoutDoubles(withLinks(members, refused, folders.map(backslashes ? slashes : (name) => name)))
}

const withSlashes = (item: Item): Item =>
  'target' in item
    ? { ...item, name: slashes(item.name), target: slashes(item.target) }
    : { ...item, name: slashes(item.name) }

function withLinks(
  members: readonly (Placed<FileOf> | Link)[],
  refused: Refused[],
  folders: readonly string[],
): Listing {
  const entries: Entry[] = []
  if (members.every((member) => 'file' in member)) {
    for (const { path, file } of members) entries.push({ path, ...file })
    return { entries, refused }
  }
  const reasons = new Map(refused.map(({ path, reason }) => [path, reason]))
  const found = behindLinks(
    members,
    reasons,
    folders.map((name) => safePath(name).path),
  )
  for (const [i, result] of found.entries()) {
    const { path } = members[i]
    if (result === null) continue
    if ('file' in result) entries.push({ path, ...result.file })
    else refused.push({ path, reason: result.reason })
  }
  return { entries, refused }
}
