/** Reads the split and the class of every folder, as a layout says. */
import type { LayoutName } from '../../config/layout.ts'
import { DataError } from '../source.ts'
import { type NamedSplit, splitNameOf } from '../split-words.ts'
import {
  type ClassLevel,
  classNamed,
  classParent,
  classParents,
  companionsIn,
  copyIn,
  type Inside,
  insideOf,
} from './find-classes.ts'
import { isComplete, isFlat, type Level, splitLevels } from './find-splits.ts'
import { type Folder, foldersIn } from './folder-tree.ts'

/** What the images directly in a folder are. */
export interface Placement {
  readonly split: NamedSplit
  /** Null for images without a class folder. */
  readonly classId: string | null
}

export interface Reading {
  /** The layout that was found; never `auto`. */
  readonly layout: LayoutName
  /** The folder around the splits or the classes. */
  readonly parent: Folder
  /** By the paths of folders. Images of other folders belong to no split. */
  readonly placements: ReadonlyMap<string, Placement>
  /** The folders of each split; none for a dataset without splits. */
  readonly splits: ReadonlyMap<NamedSplit, readonly Folder[]>
  /** Folders inside class folders. */
  readonly inside: Inside
}

type Placements = Map<string, Placement>

function place(
  placements: Placements,
  folder: Folder,
  split: NamedSplit,
  level: ClassLevel,
  names: string[] = [],
): void {
  placements.set(folder.path, { split, classId: classNamed(names, level) })
  for (const inner of foldersIn(folder)) place(placements, inner, split, level, [...names, inner.name])
}

/** Leaves out what `auto` has found to be no class below the folders of classes: masks and annotations, or a copy. */
function leaveOut(placements: Placements, parents: readonly Folder[], layout: LayoutName, { kind }: Inside): void {
  if (layout !== 'auto') return
  const companions = kind === 'companions' ? parents.flatMap(foldersIn).flatMap(companionsIn) : []
  const copies = kind === 'copy' ? parents.flatMap((parent) => copyIn(parent) ?? []) : []
  for (const folder of [...companions, ...copies]) remove(placements, folder)
}

function remove(placements: Placements, folder: Folder): void {
  placements.delete(folder.path)
  for (const inner of foldersIn(folder)) remove(placements, inner)
}

const levelOf = (layout: LayoutName, { kind }: Inside): ClassLevel => {
  if (layout === 'groups/classes') return 'below-first'
  if (layout === 'deepest') return 'last'
  if (layout === 'paths') return 'all'
  return layout === 'auto' && kind === 'initials' ? 'below-first' : 'first'
}

/** The name of the layout that `auto` has found. */
const found = (layout: LayoutName, level: ClassLevel, plain: LayoutName): LayoutName => {
  if (layout !== 'auto') return layout
  return level === 'below-first' ? 'groups/classes' : plain
}

/** A dataset without splits. */
function asClasses(root: Folder, layout: LayoutName): Reading {
  const parent = classParent(root)
  const inside = insideOf([parent])
  const level = levelOf(layout, inside)
  const placements: Placements = new Map()
  place(placements, parent, 'train', level)
  leaveOut(placements, [parent], layout, inside)
  return { layout: found(layout, level, 'classes'), parent, placements, splits: new Map(), inside }
}

function bySplit(levels: readonly Level[]): ReadonlyMap<NamedSplit, readonly Folder[]> {
  const all = new Map<NamedSplit, Folder[]>()
  for (const { folder, split } of levels.flatMap(({ splits }) => splits))
    all.set(split, [...(all.get(split) ?? []), folder])
  return all
}

/** Folders of splits that hold folders of classes. */
function asSplits(parent: Folder, levels: readonly Level[], layout: LayoutName): Reading {
  const splits = bySplit(levels)
  // A single split serves as the whole dataset.
  const main = splits.has('train') ? 'train' : [...splits.keys()][0]
  const inside = insideOf(classParents(splits.get(main) ?? []))
  const level = levelOf(layout, inside)
  const placements: Placements = new Map()
  for (const [split, folders] of splits) {
    const parents = classParents(folders)
    for (const one of parents) place(placements, one, split === main ? 'train' : split, level)
    leaveOut(placements, parents, layout, inside)
  }
  return { layout: found(layout, level, 'splits/classes'), parent, placements, splits, inside }
}

/** The innermost folder around all folders with these paths. */
function around(root: Folder, paths: readonly string[]): Folder {
  const inner = foldersIn(root).find(({ path }) => paths.every((one) => one.startsWith(`${path}/`)))
  return inner ? around(inner, paths) : root
}

/** Folders of classes that hold folders of splits. */
function asClassesOfSplits(parent: Folder, levels: readonly Level[]): Reading {
  const placements: Placements = new Map()
  const start = parent.path === '' ? 0 : parent.path.length + 1
  for (const { parent: of, splits } of levels)
    for (const { folder, split } of splits) placeClass(placements, folder, split, of.path.slice(start))
  const inside = { kind: 'none', example: '' } as const
  return { layout: 'classes/splits', parent, placements, splits: bySplit(levels), inside }
}

function placeClass(placements: Placements, folder: Folder, split: NamedSplit, classId: string): void {
  placements.set(folder.path, { split, classId })
  for (const inner of foldersIn(folder)) placeClass(placements, inner, split, classId)
}

/** The folders with names of splits below the first folder of each class. */
function chosenClassesOfSplits(root: Folder): Reading {
  const parent = classParent(root)
  const levels = foldersIn(parent).map((of) => ({ parent: of, splits: namedBelow(of) }))
  if (levels.every(({ splits }) => splits.length === 0))
    throw new DataError('no class folder holds folders of splits, as in SET/cat/train/1.png; choose another layout')
  return asClassesOfSplits(parent, levels)
}

function namedBelow(folder: Folder): Level['splits'] {
  return foldersIn(folder).flatMap((inner) => {
    const name = splitNameOf(inner.name)
    return name ? [{ folder: inner, split: name.split }] : namedBelow(inner)
  })
}

/** Folders with names of splits, whatever is beside them. */
function outermostNamed(folder: Folder): readonly Level[] {
  const splits = foldersIn(folder).flatMap((inner) => {
    const name = splitNameOf(inner.name)
    return name ? [{ folder: inner, split: name.split }] : []
  })
  return splits.length > 0 ? [{ parent: folder, splits }] : foldersIn(folder).flatMap(outermostNamed)
}

function chosenSplits(root: Folder): Reading {
  const sure = splitLevels(root)
  const levels = sure.length > 0 ? sure : outermostNamed(root)
  if (levels.length === 0)
    throw new DataError('no folder has the name of a split, as in SET/train/cat/1.png; choose another layout')
  return asSplits(parentOf(root, levels), levels, 'splits/classes')
}

const parentOf = (root: Folder, levels: readonly Level[]) =>
  levels.length === 1
    ? levels[0].parent
    : around(
        root,
        levels.map(({ parent }) => parent.path),
      )

function refuseSeveral(levels: readonly Level[]): never {
  const paths = levels.map(({ parent }) => parent.path)
  const more = paths.length > 4 ? `, and ${paths.length - 4} more` : ''
  throw new DataError(
    `${paths.length} folders hold training and validation images each: ${paths.slice(0, 4).join(', ')}${more}. Open one of them, or choose the layout splits/classes to read all as one dataset.`,
  )
}

/** Training images must come from somewhere: validation images of two kinds are no dataset. */
function refuseWithoutTraining({ splits }: Level): void {
  const kinds = new Set(splits.map(({ split }) => split))
  if (kinds.has('train') || kinds.size === 1) return
  throw new DataError(
    `there are validation and test images but no training images (${splits.map(({ folder }) => folder.path).join(', ')}). Add them, as in SET/train/cat/1.png, or open one of these folders alone.`,
  )
}

function automatic(root: Folder, layout: LayoutName): Reading {
  const levels = splitLevels(root)
  if (levels.length === 0) return asClasses(root, layout)
  if (levels.length === 1) {
    refuseWithoutTraining(levels[0])
    return asSplits(levels[0].parent, levels, layout)
  }
  if (levels.filter(isComplete).every(isFlat)) return asClassesOfSplits(parentOf(root, levels), levels)
  return refuseSeveral(levels)
}

/** Reads the folders of a dataset. Throws DataError if they do not have the layout, or if it is ambiguous for `auto`. */
export function readFolders(root: Folder, layout: LayoutName): Reading {
  switch (layout) {
    case 'classes':
      return asClasses(root, layout)
    case 'splits/classes':
      return chosenSplits(root)
    case 'classes/splits':
      return chosenClassesOfSplits(root)
    case 'auto':
    case 'groups/classes':
    case 'deepest':
    case 'paths':
      return automatic(root, layout)
    default:
      return layout satisfies never
  }
}
