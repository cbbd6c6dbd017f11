/** The images of a dataset with their classes and splits. */
import type { Entry } from '../entry.ts'
import type { NamedSplit } from '../split-words.ts'
import { folderPath } from './folder-tree.ts'
import type { Reading } from './reading.ts'

export interface LabeledEntry {
  readonly entry: Entry
  /** The id of its class: the name of the class folder, or the label from the source. */
  readonly classId: string
}

/** An image with what its folder says about it. */
export interface Placed {
  readonly entry: Entry
  /** Null for an image beside the folders of the splits or classes. */
  readonly split: NamedSplit | null
  /** Its own class, or that of its folder; null without one. */
  readonly classId: string | null
}

/** A path relative to the folder around the splits or classes, if it lies there. */
export const insideParent = (path: string, { parent }: Pick<Reading, 'parent'>): string =>
  parent.path !== '' && path.startsWith(`${parent.path}/`) ? path.slice(parent.path.length + 1) : path

/** The images as a reading of their folders places them, with relative paths. */
export const placedIn = (images: readonly Entry[], reading: Reading): Placed[] =>
  images.map((entry) => {
    const placement = reading.placements.get(folderPath(entry.path))
    const path = insideParent(entry.path, reading)
    const classId = entry.classId ?? placement?.classId ?? null
    return { entry: path === entry.path ? entry : { ...entry, path }, split: placement?.split ?? null, classId }
  })

export const labeledOf = (images: readonly Placed[]): LabeledEntry[] =>
  images.flatMap(({ entry, classId }) => (classId === null ? [] : [{ entry, classId }]))

/**
 * Where most images state their classes, leaves out those that state none and whose folder names none of the stated
 * classes, such as a shard without labels. Says so in `notes`.
 */
export function withoutUnstated(images: readonly LabeledEntry[], notes: string[]): readonly LabeledEntry[] {
  const stated = images.filter(({ entry }) => entry.classId !== undefined)
  const classes = new Set(stated.map(({ classId }) => classId))
  const strays = images.filter(({ entry, classId }) => entry.classId === undefined && !classes.has(classId))
  if (stated.length === 0 || strays.length === 0) return images
  const count = (some: readonly unknown[], one: string, more: string) =>
    some.length === 1 ? `One image ${one}` : `${some.length} images ${more}`
  if (stated.length < images.length / 2) {
    const [{ entry, classId }] = stated
    notes.push(
      `${count(stated, 'states its class itself', 'state their class themselves')}, for example ${entry.path}: ${classId}. The others have the class of their folder.`,
    )
    return images
  }
  notes.push(
    `${count(strays, 'states', 'state')} no class, although most others do, and will not be used, for example ${strays[0].entry.path}.`,
  )
  const left = new Set(strays)
  return images.filter((image) => !left.has(image))
}
