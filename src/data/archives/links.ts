/**
 * Finds the files that links in an archive lead to. Hard links lead to a member by its name, symbolic links to a path from
 * their own folder, as after unpacking.
 */
import type { Refused } from '../entry.ts'
import { printable, safePath } from './paths.ts'

/** A link, with the target as the archive states it. */
export interface Link {
  readonly path: string
  readonly target: string
  readonly hard: boolean
}

export interface Placed<File> {
  readonly path: string
  readonly file: File
}

export type Member<File> = Placed<File> | Link | Refused

/** In the order of the archive. */
type Members<File> = readonly Member<File>[]

/** The member that a link leads to, and the link in words; or why it leads nowhere. */
type Step = { readonly index: number; readonly what: string } | { readonly reason: string }

type Result<File> = { readonly file: File } | { readonly reason: string }

/** Most links behind each other, as in Linux. */
const mostHops = 40

const circle = { reason: 'a link that leads in a circle, or through more than 40 links' } as const

interface Archive<File> {
  readonly members: Members<File>
  /** Index of the last member with a path. */
  readonly last: ReadonlyMap<string, number>
  readonly folders: ReadonlySet<string>
}

/** The member that a hard link names: the nearest one before it, as in unpacking; if there is none, the last one. */
function hardTarget<File>({ target }: Link, before: number | undefined, { last }: Archive<File>): Step {
  const safe = safePath(target)
  const what = `a hard link to ${safe.path}`
  if ('reason' in safe) return { reason: `${what}: ${safe.reason}` }
  const index = before ?? last.get(safe.path)
  return index === undefined ? { reason: `${what}, which is not in the archive` } : { index, what }
}

/** The member at the path of a symbolic link's target. Follows links to folders on the way. */
function symbolicTarget<File>({ path, target }: Link, archive: Archive<File>): Step {
  const out = { reason: `a symbolic link that leads out of the archive (${printable(target)})` }
  if (target === '') return { reason: 'a symbolic link to nothing' }
  if (target.startsWith('/')) return out
  const folder: string[] = []
  const rest = [...path.split('/').slice(0, -1), ...target.split('/')]
  for (let hops = 0; rest.length > 0; ) {
    const part = rest.shift() as string
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (folder.pop() === undefined) return out
      continue
    }
    folder.push(part)
    const link = rest.length === 0 ? null : symbolicAt(folder.join('/'), archive)
    if (!link) continue
    if (link.target.startsWith('/')) return out
    if (++hops > mostHops) return circle
    folder.pop()
    rest.unshift(...link.target.split('/'))
  }
  return placeOf(folder.join('/'), printable(target), archive)
}

function symbolicAt<File>(path: string, { members, last }: Archive<File>): Link | null {
  const index = last.get(path)
  const found = index === undefined ? null : members[index]
  return found && 'target' in found && !found.hard ? found : null
}

function placeOf<File>(path: string, target: string, { last, folders }: Archive<File>): Step {
  const what = `a symbolic link to ${target}`
  const index = last.get(path)
  if (index !== undefined) return { index, what }
  if (path === '' || folders.has(path))
    return { reason: `a symbolic link to the folder ${path || '.'}, whose files are read there` }
  return { reason: `${what}, which is not in the archive` }
}

/** All folders of the paths. */
function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>()
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (folders.has(path.slice(0, end))) break
      folders.add(path.slice(0, end))
    }
  }
  return folders
}

/**
 * The nearest member before each hard link that it names, as in unpacking. A hard link to a symbolic link becomes a
 * symbolic link with the same target.
 */
function withCopies<File>(members: Members<File>): { copies: Members<File>; before: (number | undefined)[] } {
  const latest = new Map<string, number>()
  const copies: Member<File>[] = []
  const before: (number | undefined)[] = []
  for (const [i, member] of members.entries()) {
    const index = 'target' in member && member.hard ? latest.get(safePath(member.target).path) : undefined
    const found = index === undefined ? undefined : copies[index]
    before.push(index)
    copies.push(found && 'target' in found && !found.hard ? { ...found, path: member.path } : member)
    latest.set(member.path, i)
  }
  return { copies, before }
}

/**
 * For each member the file behind it, or the reason why there is none; null for a hard link to its own name, which changes
 * nothing. `listed`: the paths of folders that the archive lists.
 */
export function behindLinks<File>(all: Members<File>, listed: readonly string[]): (Result<File> | null)[] {
  const { copies: members, before } = withCopies(all)
  const last = new Map(members.map(({ path }, i) => [path, i]))
  const folders = foldersOf([...last.keys(), ...listed.map((path) => `${path}/`)])
  const archive = { members, last, folders }
  const steps = members.map((member, i): Step | null => {
    if (!('target' in member)) return null
    return member.hard ? hardTarget(member, before[i], archive) : symbolicTarget(member, archive)
  })
  const results: Result<File>[] = []
  for (let i = 0; i < members.length; i++) results.push(resultOf(i, members, steps, results))
  const isItself = (i: number) => before[i] !== undefined && all[before[i]].path === all[i].path
  return results.map((result, i) => (isItself(i) ? null : result))
}

/** Follows the steps from a member to a file; `known` has the results of the members before it. */
function resultOf<File>(
  start: number,
  members: Members<File>,
  steps: readonly (Step | null)[],
  known: readonly Result<File>[],
): Result<File> {
  let [index, what] = [start, '']
  for (let hops = 0; hops <= mostHops; hops++) {
    const member = members[index]
    if ('file' in member) return { file: member.file }
    if ('reason' in member) return { reason: what ? `${what}, which is left out: ${member.reason}` : member.reason }
    if (index < start) return known[index]
    const step = steps[index]
    if (step === null || 'reason' in step) return step ?? circle
    ;({ index, what } = step)
  }
  return circle
}
