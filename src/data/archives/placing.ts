/** Places the files of several archives beside each other: in the folders of splits or classes that their names state. */
import { type Entry, entryName, isImage, type Listing } from '../entry.ts'
import { type Sibling, splitsAmong } from '../split-siblings.ts'
import type { NamedSplit } from '../split-words.ts'
import { archiveStem, folderOf } from './paths.ts'

/** An archive's listing, with its own path. */
interface Archive extends Listing {
  readonly path: string
}

const folders: Readonly<Record<NamedSplit, string>> = { train: 'train', validation: 'val', test: 'test' }

const hasClass = ({ classId }: Entry) => classId !== undefined

/** Whether all images without a class of their own lie outside of folders. */
const isFlat = (entries: readonly Entry[]) => entries.every((entry) => !isImage(entry) || !entry.path.includes('/'))

/** An archive as one of several folders; a single folder inside that holds all its images is skipped. */
function siblingOf({ path, entries }: Archive): Sibling {
  const images = entries.filter(isImage)
  const inside = (depth: number): string[] => [
    ...new Set(images.flatMap((one) => one.path.split('/').slice(depth, -1).slice(0, 1))),
  ]
  const [first, second] = [inside(0), inside(1)]
  return {
    name: archiveStem(path),
    inside: first.length === 1 && second.length > 0 ? second : first,
    labeled: images.length > 0 && images.every(hasClass),
  }
}

/** The split that each archive's name states beside the other archives of its folder. */
function splitsOf(archives: readonly Archive[]): ReadonlyMap<Archive, NamedSplit | null> {
  const splits = new Map<Archive, NamedSplit | null>()
  for (const folder of new Set(archives.map(({ path }) => folderOf(path)))) {
    const beside = archives.filter(({ path }) => folderOf(path) === folder)
    const found = splitsAmong(beside.map(siblingOf))
    for (const [i, archive] of beside.entries()) splits.set(archive, found[i])
  }
  return splits
}

/** Names a file after its archive where another file has its path, so that paths remain different. */
function withOwnPaths(listing: Listing, path: string, taken: Set<string>): Listing {
  const entries = listing.entries.map((entry) => {
    const isTaken = taken.has(entry.path)
    const own = isTaken ? `${folderOf(entry.path)}${archiveStem(path)} ${entryName(entry.path)}` : entry.path
    taken.add(own)
    return isTaken ? { ...entry, path: own } : entry
  })
  return { ...listing, entries }
}

/**
 * The listings with paths in the folder of their split; archives of classes and of labeled images in a folder with the
 * archive's name; others in the folder of their archive. `mixed`: whether other archives may be neither splits nor classes.
 * `beside`: the files outside the archives.
 */
export function placed(archives: readonly Archive[], mixed: boolean, beside: readonly Entry[]): Listing[] {
  const splits = splitsOf(archives)
  const taken = new Set(beside.map(({ path }) => path))
  return archives.map((archive) => {
    const { path, entries, refused, notes } = archive
    const split = splits.get(archive)
    const isClass = !split && (!mixed || (archives.length > 1 && isFlat(entries)))
    const root = `${folderOf(path)}${split ? `${folders[split]}/` : ''}`
    const own = `${archiveStem(path)}/`
    const put = (entry: Entry) => `${root}${isClass || hasClass(entry) ? own : ''}${entry.path}`
    const listing = {
      entries: entries.map((entry) => ({ ...entry, path: put(entry) })),
      refused: refused.map((one) => ({ ...one, path: `${path}: ${one.path}` })),
      notes,
    }
    return withOwnPaths(listing, path, taken)
  })
}
