/**
 * Finds the files that links in an archive lead to. Hard links lead to a member by its name, symbolic links to a path from
 * their own folder, as after unpacking.
 */
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

/** In the order of the archive. */
type Members<File> = readonly (Placed<File> | Link)[]

type Step = { readonly index: number } | { readonly reason: string }

/** Most links behind each other, as in Linux. */
const mostHops = 40

const circle = { reason: 'a link that leads in a circle, or through more than 40 links' } as const

interface Archive<File> {
  readonly members: Members<File>
  /** Index of the last member with a path. */
  readonly last: ReadonlyMap<string, number>
  readonly refused: ReadonlyMap<string, string>
  readonly folders: ReadonlySet<string>
}

const absent = ({ refused }: Pick<Archive<unknown>, 'refused'>, path: string, what: string): Step => {
  const reason = refused.get(path)
  return { reason: `${what}, which is ${reason === undefined ? 'not in the archive' : `left out: ${reason}`}` }
}

/** The member behind a hard link that it names; the last one if there are several. */
function hardTarget<File>({ target }: Link, archive: Archive<File>): Step {
  const safe = safePath(target)
  const what = `a hard link to ${safe.path}`
  if ('reason' in safe) return { reason: `${what}: ${safe.reason}` }
  const index = archive.last.get(safe.path)
  return index === undefined ? absent(archive, safe.path, what) : { index }
}

/** The member at the path of a symbolic link's target. Follows links to folders on the way. */
function symbolicTarget<File>({ path, target }: Link, archive: Archive<File>): Step {
  const out = { reason: `a symbolic link that leads out of the archive (${printable(target)})` }
  if (target === '') return { reason: 'a symbolic link to nothing' }
  const folder: string[] = []
  const rest = [...path.split('/').slice(0, -1), ...target.split('/')]
  if (target.startsWith('/')) return out
  for (let hops = 0; rest.length > 0; ) {
    const part = rest.shift() as string
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (folder.pop() === undefined) return out
      continue
    }
    folder.push(part)
    const index = archive.last.get(folder.join('/'))
    const found = index === undefined ? undefined : archive.members[index]
    if (!found || 'file' in found || found.hard || rest.length === 0) continue
    if (found.target.startsWith('/')) return out
    if (++hops > mostHops) return circle
    folder.pop()
    rest.unshift(...found.target.split('/'))
  }
  return memberAt(folder.join('/'), printable(target), archive)
}

function memberAt<File>(path: string, target: string, archive: Archive<File>): Step {
  const index = archive.last.get(path)
  if (index !== undefined) return { index }
  if (path === '' || archive.folders.has(path))
    return { reason: `a symbolic link to the folder ${path || '.'}, whose files are read there` }
  return absent(archive, path, `a symbolic link to ${target}`)
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
function withCopies<File>(members: Members<File>): { members: Members<File>; before: (number | undefined)[] } {
  const latest = new Map<string, number>()
  const copies: (Placed<File> | Link)[] = []
  const before: (number | undefined)[] = []
  for (const [i, member] of members.entries()) {
    const index = 'file' in member || !member.hard ? undefined : latest.get(safePath(member.target).path)
    const found = index === undefined ? undefined : copies[index]
    before.push(index)
    copies.push(found && 'target' in found && !found.hard ? { ...found, path: member.path } : member)
    latest.set(member.path, i)
  }
  return { members: copies, before }
}

/**
 * For each member the file behind it, or the reason why there is none; null for a hard link to itself, which changes
 * nothing. `refused`: reasons by path; `folders`: those that the archive lists.
 */
export function behindLinks<File>(
  all: Members<File>,
  refused: ReadonlyMap<string, string>,
  listedFolders: Iterable<string>,
): ({ readonly file: File } | { readonly reason: string } | null)[] {
  const { members, before } = withCopies(all)
  const last = new Map(members.map(({ path }, i) => [path, i]))
  const folders = foldersOf([...last.keys(), ...[...listedFolders].map((path) => `${path}/`)])
  const archive = { members, last, refused, folders }
  const steps = members.map((member, i): Step | null => {
    if ('file' in member) return null
    if (!member.hard) return symbolicTarget(member, archive)
    const index = before[i]
    return index === undefined ? hardTarget(member, archive) : { index }
  })
  const results: ({ readonly file: File } | { readonly reason: string })[] = []
  for (let i = 0; i < members.length; i++) results.push(resultOf(i, members, steps, results))
  return results.map((result, i) => (isSame(all[i], before[i], members) ? null : result))
}

const isSame = <File>(member: Placed<File> | Link, before: number | undefined, members: Members<File>) =>
  'target' in member && before !== undefined && members[before].path === member.path

/** Follows the steps from a member to a file; `known` has the results of the members before it. */
function resultOf<File>(
  start: number,
  members: Members<File>,
  steps: readonly (Step | null)[],
  known: readonly ({ readonly file: File } | { readonly reason: string })[],
) {
  let index = start
  for (let hops = 0; hops <= mostHops; hops++) {
    if (index < start) return known[index]
    const [member, step] = [members[index], steps[index]]
    if ('file' in member) return { file: member.file }
    if (step === null || 'reason' in step) return { reason: step?.reason ?? '' }
    index = step.index
  }
  return circle
}
