/** Says how a dataset's folders were read, and how else they could be read. */
import { type LayoutName, layouts } from '../../config/layout.ts'
import type { LayoutReport } from '../../protocol/data-report.ts'
import { DataError } from '../source.ts'
import { type NamedSplit, splitNameOf } from '../split-words.ts'
import { type Folder, foldersIn } from './folder-tree.ts'
import { type Placement, type Reading, readFolders } from './reading.ts'

const listed = (names: readonly string[], most = 4): string =>
  names.length > most ? `${names.slice(0, most).join(', ')}, …` : names.join(', ')

const namedSplits: readonly NamedSplit[] = ['train', 'validation', 'test']

const classTexts: Readonly<Record<Exclude<LayoutName, 'auto'>, string>> = {
  classes: 'each folder is a class',
  'splits/classes': 'each folder inside is a class',
  'classes/splits': 'the folder around the splits is the class',
  'groups/classes': 'the folders below each group are classes',
  deepest: 'the folder that holds an image is its class',
  paths: 'all folders of an image together are its class',
}

/** Whether all images of the splits state their classes themselves. */
function areLabeled(root: Folder, reading: Reading): boolean {
  let labeled = true
  eachPlaced(root, reading, ({ unlabeled }) => {
    labeled &&= unlabeled === 0
  })
  return labeled
}

/** `training images in train.X1, train.X2; validation images in val.X; each folder inside is a class` */
function readingText(root: Folder, reading: Reading): string {
  const { layout, parent, splits } = reading
  const inside = (path: string) => (parent.path === '' ? path : path.slice(parent.path.length + 1))
  const parts = namedSplits.flatMap((split) => {
    const folders = splits.get(split)?.map(({ path }) => inside(path))
    return folders ? [`${split === 'train' ? 'training' : split} images in ${listed(folders)}`] : []
  })
  const where = parent.path === '' ? '' : ` (below ${parent.path})`
  const classes = areLabeled(root, reading)
    ? 'the images state their classes'
    : layout === 'auto'
      ? ''
      : classTexts[layout]
  return [...parts, classes].filter(Boolean).join('; ') + where
}

/** Calls `visit` for each folder that holds unlabeled images, or that states the split of labeled ones. */
function eachPlaced(folder: Folder, reading: Reading, visit: (folder: Folder, placement: Placement) => void): void {
  const placement = reading.placements.get(folder.path)
  if (placement && folder.unlabeled + folder.labeled > 0) visit(folder, placement)
  for (const inner of foldersIn(folder)) eachPlaced(inner, reading, visit)
}

/** A text that two readings have in common if they are the same. */
function signature(root: Folder, reading: Reading): string {
  const lines: string[] = []
  eachPlaced(root, reading, ({ path, unlabeled }, { split, classId }) => {
    const of = reading.splits.size > 0 ? split : ''
    if (classId !== null || unlabeled === 0) lines.push(`${path}\t${of}\t${unlabeled === 0 ? '' : classId}`)
  })
  return lines.join('\n')
}

function classesIn(root: Folder, reading: Reading): readonly string[] {
  const found = new Set<string>()
  eachPlaced(root, reading, ({ unlabeled }, { split, classId }) => {
    if (split === 'train' && classId !== null && unlabeled > 0) found.add(classId)
  })
  return [...found].sort()
}

function tryReading(root: Folder, layout: LayoutName): Reading | null {
  try {
    return readFolders(root, layout)
  } catch (error) {
    if (error instanceof DataError) return null
    throw error
  }
}

/** The other layouts that give at least two classes, and the same as no layout before them. */
function alternatives(root: Folder, reading: Reading): LayoutReport['alternatives'] {
  const seen = new Set([signature(root, reading)])
  const others: { layout: LayoutName; classes: number; examples: readonly string[] }[] = []
  for (const layout of layouts.filter((one) => one !== 'auto')) {
    const other = tryReading(root, layout)
    const text = other && signature(root, other)
    if (!other || text === null || seen.has(text)) continue
    seen.add(text)
    const names = classesIn(root, other)
    if (names.length > 1) others.push({ layout, classes: names.length, examples: names.slice(0, 3) })
  }
  return others
}

/** Why the folders could have been meant otherwise; null where only one reading makes sense. */
function doubt(chosen: LayoutName, { layout, inside, parent }: Reading): string | null {
  if (chosen !== 'auto') return null
  if (inside.kind === 'initials')
    return `The folders are grouped by first letter, for example ${inside.example}; the folders inside are the classes.`
  if (inside.kind === 'companions')
    return `Folders of masks or annotations inside class folders are left out, for example ${inside.example}.`
  if (inside.kind === 'copy')
    return `The folder ${inside.example} holds the same folders as those beside it, like a copy, and is left out.`
  if (inside.kind === 'several') {
    const name = inside.example.slice(inside.example.lastIndexOf('/') + 1)
    const place = name === inside.example ? '' : ` (${inside.example})`
    return `Class folders hold several folders of images, which count as one class, for example ${name}${place}.`
  }
  const like = foldersIn(parent).find(({ name }) => splitNameOf(name)?.rest === '')
  if (layout === 'classes' && like)
    return `The folder ${like.path} is read as a class, because the folders beside it are classes.`
  return null
}

const otherText = ({ layout, classes, examples }: LayoutReport['alternatives'][number]) =>
  `${layout}: ${classes} classes (${listed(examples, 3)}${classes > examples.length ? ', …' : ''})`

/** The report on how the folders were read as the layout `chosen` says, and a note if that is in doubt. */
export function layoutReport(root: Folder, chosen: LayoutName, reading: Reading): [LayoutReport, string[]] {
  const others = alternatives(root, reading)
  const why = doubt(chosen, reading)
  const report = {
    chosen,
    found: reading.layout,
    text: readingText(root, reading),
    alternatives: others,
    ambiguous: why !== null && others.length > 0,
  }
  if (why === null) return [report, []]
  const more = others.length === 0 ? '' : ` Other layouts: ${others.map(otherText).join('; ')}.`
  return [report, [`${why}${more}`]]
}
