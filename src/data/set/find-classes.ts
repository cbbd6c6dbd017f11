/** Finds the folders of classes below a folder. */
import { isCompanionName, isContainerName, isNoiseName, splitNameOf } from '../split-words.ts'
import { withoutDoubles } from './find-splits.ts'
import { type Folder, foldersIn, isEmpty } from './folder-tree.ts'

/**
 * Which folders between a split and an image name its class: the first one, all below the first one (a group of classes),
 * the last one, or all.
 */
export type ClassLevel = 'first' | 'below-first' | 'last' | 'all'

/** The class of an image by the folders between its split and it; null for an image without a class. */
export function classNamed(names: readonly string[], level: ClassLevel): string | null {
  if (names.length === 0) return null
  switch (level) {
    case 'first':
      return names[0]
    case 'below-first':
      return names.length === 1 ? null : names.slice(1).join('/')
    case 'last':
      return names[names.length - 1]
    case 'all':
      return names.join('/')
    default:
      return level satisfies never
  }
}

/** The only name among the folders inside several folders, apart from masks beside images. */
function onlyName(folders: readonly Folder[]): string | null {
  const names = new Set(
    folders.flatMap((folder) => {
      const companions = companionsIn(folder)
      return foldersIn(folder).flatMap((one) => (companions.includes(one) ? [] : [one.name]))
    }),
  )
  return names.size === 1 ? [...names][0] : null
}

/** The parts of one split: `train/train-1`, `train/train-2`. */
function parts(folder: Folder): readonly Folder[] {
  const inner = foldersIn(folder)
  const split = splitNameOf(folder.name)?.split
  const same = inner.length > 1 && inner.every(({ name }) => split && splitNameOf(name)?.split === split)
  if (!same || !isEmpty(folder)) return [folder]
  const insides = inner.map(withoutDoubles)
  // A class may be called like its split, but it holds no classes.
  return insides.every(({ folders }) => folders.size > 0) ? insides : [folder]
}

/** The folders that hold the classes of one split: inside doubled folders, parts, and a single folder around all classes. */
export function classParents(splitFolders: readonly Folder[]): readonly Folder[] {
  const folders = splitFolders.map(withoutDoubles).flatMap(parts)
  const name = onlyName(folders)
  if (name === null || !folders.every(isEmpty)) return folders
  const inner = folders.map((folder) => folder.folders.get(name)).filter((one) => one !== undefined)
  return inner.every((one) => isEmpty(one) && one.folders.size > 0) ? classParents(inner) : folders
}

/** The folder that holds the classes of a dataset without splits: inside wrappers, and beside illustrations. */
export function classParent(root: Folder): Folder {
  const inner = foldersIn(root)
  if (inner.length === 1) {
    const isWrapper = isEmpty(inner[0]) ? inner[0].folders.size > 0 : holdsSeveral(inner[0])
    return isWrapper ? classParent(inner[0]) : root
  }
  const deep = inner.filter(holdsSeveral)
  const containers = deep.filter(({ name }) => isContainerName(name))
  if (containers.length === 1) return classParent(containers[0])
  const isOnly = deep.length === 1 && inner.every((one) => one === deep[0] || isNoiseName(one.name))
  return isOnly ? classParent(deep[0]) : root
}

/** Whether there are several folders inside, or inside a single folder. */
function holdsSeveral(folder: Folder): boolean {
  const inner = foldersIn(folder)
  return inner.length > 1 || (inner.length === 1 && holdsSeveral(inner[0]))
}

/** The folders of each class candidate: those of one name, in all parts of a split. */
function byName(folders: readonly Folder[]): ReadonlyMap<string, readonly Folder[]> {
  const found = new Map<string, Folder[]>()
  for (const folder of folders.flatMap(foldersIn)) found.set(folder.name, [...(found.get(folder.name) ?? []), folder])
  return found
}

/** Most folders inside whose names begin like a group of one letter: `a/abbey`. */
function isInitial(name: string, inner: readonly Folder[]): boolean {
  if (!/^\p{L}$/u.test(name) || inner.length === 0) return false
  const begin = inner.filter((one) => one.name.toLowerCase().startsWith(name.toLowerCase()))
  return begin.length >= 0.9 * inner.length
}

/** The folders of masks or annotations beside a folder of images: `masks` in `cat/images`, `cat/masks`. */
export function companionsIn(folder: Folder): readonly Folder[] {
  const inner = foldersIn(folder)
  const companions = inner.filter(({ name }) => isCompanionName(name))
  return companions.length < inner.length && inner.every((one) => isContainerName(one.name) || companions.includes(one))
    ? companions
    : []
}

/** The folder inside that holds folders with the names of all others, as in `cat`, `dog`, `set/cat`, `set/dog`. */
export function copyIn(folder: Folder): Folder | null {
  const inner = foldersIn(folder)
  const [copy, ...more] = inner.filter(({ folders }) => folders.size > 0)
  if (copy === undefined || more.length > 0 || inner.length < 3 || !isEmpty(copy)) return null
  const repeats = inner.every((one) => one === copy || copy.folders.has(one.name))
  return repeats && copy.folders.size === inner.length - 1 ? copy : null
}

/** Whether a class folder holds folders of images, and at most masks or annotations beside them. */
function holdsImages(folder: Folder): boolean {
  const companions = companionsIn(folder)
  return foldersIn(folder).every((one) => companions.includes(one) || isContainerName(one.name))
}

/**
 * Folders inside class folders: none; one of the same name in each; groups by first letter; images and masks; a copy of all
 * classes; or others.
 */
export interface Inside {
  readonly kind: 'none' | 'same' | 'initials' | 'companions' | 'copy' | 'several'
  /** Path of a folder with folders inside. */
  readonly example: string
}

export function insideOf(folders: readonly Folder[]): Inside {
  const candidates = [...byName(folders)]
  const nested = candidates.filter(([, same]) => same.some((one) => one.folders.size > 0))
  const example = nested[0]?.[1].find((one) => one.folders.size > 0)?.path ?? ''
  if (nested.length === 0) return { kind: 'none', example }
  const initials = candidates.every(([name, same]) => same.every(isEmpty) && isInitial(name, same.flatMap(foldersIn)))
  if (initials) return { kind: 'initials', example }
  const [companion] = nested.flatMap(([, same]) => same.flatMap(companionsIn))
  if (companion && nested.every(([, same]) => same.every(holdsImages)))
    return { kind: 'companions', example: companion.path }
  const [copy] = folders.flatMap((folder) => copyIn(folder) ?? [])
  if (copy && nested.every(([name]) => name === copy.name)) return { kind: 'copy', example: copy.path }
  const names = new Set(nested.flatMap(([name, same]) => same.flatMap((one) => innerNames(one, name))))
  return { kind: names.size === 1 ? 'same' : 'several', example }
}

/** Names of the folders inside; an empty text for a doubled folder. */
const innerNames = (folder: Folder, name: string): string[] =>
  foldersIn(folder).flatMap((one) => [one.name === name ? '' : one.name, ...innerNames(one, name)])
