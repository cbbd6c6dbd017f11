/** Finds the folders of training and validation images in a tree of folders. */
import { type Sibling, splitsAmong } from '../split-siblings.ts'
import { isContainerName, isNoiseName, type NamedSplit, splitNameOf } from '../split-words.ts'
import { type Folder, foldersIn, isEmpty, isLabeled } from './folder-tree.ts'

/** A folder whose images belong to one split. */
export interface SplitFolder {
  readonly folder: Folder
  readonly split: NamedSplit
}

/** A folder that holds the folders of splits. */
export interface Level {
  readonly parent: Folder
  readonly splits: readonly SplitFolder[]
}

/** The only folder inside, if it repeats the name or the split of its parent: `seg_train/seg_train`. */
function doubled(folder: Folder): Folder | null {
  const [only, ...more] = foldersIn(folder)
  if (!only || more.length > 0 || !isEmpty(folder)) return null
  const outer = splitNameOf(folder.name)
  const same = outer !== null && outer.split === splitNameOf(only.name)?.split
  return same || only.name.toLowerCase() === folder.name.toLowerCase() ? only : null
}

/** Follows doubled folders inwards. */
export function withoutDoubles(folder: Folder): Folder {
  const inner = doubled(folder)
  return inner ? withoutDoubles(inner) : folder
}

const siblingOf = (folder: Folder): Sibling => ({
  name: folder.name,
  inside: foldersIn(withoutDoubles(folder)).map(({ name }) => name),
  labeled: isLabeled(folder),
})

/** The splits among the folders inside; null if they are none. */
function levelIn(parent: Folder): Level | null {
  const folders = foldersIn(parent)
  const splits = splitsAmong(folders.map(siblingOf)).flatMap((split, i) =>
    split === null ? [] : [{ folder: folders[i], split }],
  )
  return splits.length > 0 ? { parent, splits } : null
}

/** Whether a level has training and validation folders. Folders of one split alone are weaker evidence. */
export const isComplete = ({ splits }: Level): boolean =>
  splits.some(({ split }) => split === 'train') && splits.some(({ split }) => split !== 'train')

/** The outermost complete levels, and the outermost others on paths without a complete one. */
function levelsBelow(folder: Folder): Level[] {
  const own = levelIn(folder)
  if (own && isComplete(own)) return [own]
  const inner = foldersIn(folder).flatMap(levelsBelow)
  return own && !inner.some(isComplete) ? [own] : inner
}

/** Images that a level of few images needs, as a share of all, to be the dataset. */
const leastShare = 0.1

/** Whether everything beside the path to a level illustrates something. */
function isOnlyData(root: Folder, { parent }: Level): boolean {
  let folder = root
  while (folder !== parent) {
    const inner = foldersIn(folder).find(({ path }) => parent.path === path || parent.path.startsWith(`${path}/`))
    if (!inner) return false
    const beside = foldersIn(folder).filter((one) => one !== inner && !isNoiseName(one.name))
    if (beside.length > 0 && !isContainerName(inner.name)) return false
    folder = inner
  }
  return isEmpty(folder) || folder === root
}

/**
 * The levels that define the dataset's splits: one; or several for classes that each have their splits, and for several
 * datasets; or none.
 */
export function splitLevels(root: Folder): readonly Level[] {
  const levels = levelsBelow(root)
  const complete = levels.filter(isComplete)
  if (complete.length === 1) return isWholeSet(complete[0], root) ? complete : []
  const inContainers = complete.filter(({ parent }) => isContainerName(parent.name))
  if (inContainers.length === 1) return inContainers
  // Beside complete levels, a class may have images of one split only.
  if (complete.length > 1) return levels.filter((level) => isComplete(level) || isBeside(level, complete))
  return levels.length === 1 && isOnlyData(root, levels[0]) ? levels : []
}

/** False for a level of few images, and for the splits of one class among others. */
function isWholeSet(level: Level, root: Folder): boolean {
  const { all } = level.parent
  return all >= leastShare * root.all && !(isFlat(level) && all < root.all)
}

const outerPath = ({ parent: { path, name } }: Level) => path.slice(0, path.length - name.length)

const isBeside = (level: Level, others: readonly Level[]) =>
  others.some((other) => outerPath(other) === outerPath(level))

/** Whether the splits of a level hold images without folders of classes. */
export const isFlat = ({ splits }: Level): boolean =>
  splits.every(({ folder }) => {
    const inner = withoutDoubles(folder)
    return inner.folders.size === 0 && inner.unlabeled > 0
  })
