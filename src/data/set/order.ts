/** The order of a dataset's classes: as the source lists them, by number, or by name. */
import { byCodePoint, byNumber, type ClassOrder, isInteger } from '../../class-order.ts'
import type { Entry } from '../entry.ts'

/** An image file with its class. */
interface Labeled {
  readonly entry: Pick<Entry, 'classId' | 'classList'>
  readonly classId: string
}

export interface OrderedClasses {
  readonly ids: readonly string[]
  readonly order: ClassOrder
  /** Classes that the source lists, but that no image has. */
  readonly unused: readonly string[]
  /** Facts about the order for the user. */
  readonly notes: readonly string[]
}

/** The different lists of classes in the files, those of the first images first. */
function listsOf(images: readonly Labeled[]): (readonly string[])[] {
  const lists = new Set(images.flatMap(({ entry }) => (entry.classList ? [entry.classList] : [])))
  return [...new Map([...lists].map((list) => [JSON.stringify(list), list])).values()]
}

/** Appends to a list the classes that only other lists have. */
const joined = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())]

function conflictNote(lists: readonly (readonly string[])[], all: readonly string[]): string[] {
  const other = lists.find((list) => list.some((id, i) => all[i] !== id))
  if (!other) return []
  const at = other.findIndex((id, i) => all[i] !== id)
  return [
    `The files list the classes differently: class ${at} is ${all[at]} in one and ${other[at]} in another. Labels keep the names of their own file; the first list defines the order.`,
  ]
}

const some = (ids: readonly string[]) => `${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', …' : ''}`

function asListed(lists: readonly (readonly string[])[], ids: ReadonlySet<string>): OrderedClasses {
  const all = joined(lists)
  const [used, unused] = [all.filter((id) => ids.has(id)), all.filter((id) => !ids.has(id))]
  const listed = new Set(all)
  const others = [...ids].filter((id) => !listed.has(id)).sort(byCodePoint)
  const notes = conflictNote(lists, all)
  if (others.length > 0) notes.push(`Classes that no list names come last, by name: ${some(others)}.`)
  return { ids: [...used, ...others], order: 'listed', unused, notes }
}

/**
 * Orders the classes of training images: as the files list them; by number where the files label the images with whole
 * numbers; otherwise by name, as torchvision orders folders, "10" before "2". Lists of classes in the files of validation images
 * count behind those of the training images.
 */
export function orderOf(images: readonly Labeled[], heldOut: readonly Labeled[] = []): OrderedClasses {
  const ids = new Set(images.map(({ classId }) => classId))
  const lists = listsOf(images)
  if (lists.length > 0) {
    const found = asListed(listsOf([...images, ...heldOut]), ids)
    const others = new Set(heldOut.map(({ classId }) => classId))
    return { ...found, unused: found.unused.filter((id) => !others.has(id)) }
  }
  const isNumeric = images.every(({ entry, classId }) => entry.classId === classId && isInteger(classId))
  const [order, compare] = isNumeric ? (['numeric', byNumber] as const) : (['name', byCodePoint] as const)
  return { ids: [...ids].sort(compare), order, unused: [], notes: [] }
}

/**
 * Says which classes of a source's own list are left out: the classes behind them then have other numbers than in the
 * source.
 */
export function unusedNote(unused: readonly string[], count: number): string[] {
  if (unused.length === 0) return []
  const which =
    unused.length === 1 ? 'One class that the source lists has' : `${unused.length} classes that the source lists have`
  return [
    `${which} no images (${some(unused)}), so this dataset has ${count} classes; those behind them have smaller numbers here than in the source.`,
  ]
}
