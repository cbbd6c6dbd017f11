/** Finds the classes and splits of a dataset's files. */
import type { LayoutName } from '../../config/layout.ts'
import type { LayoutReport } from '../../protocol/data-report.ts'
import { type Entry, entryName, isClutter, isImage, readText } from '../entry.ts'
import { DataError } from '../source.ts'
import type { NamedSplit } from '../split-words.ts'
import { layoutReport } from './describe-reading.ts'
import { type Folder, folderPath, folderTree } from './folder-tree.ts'
import { heldOutLabels } from './label-lists.ts'
import { withMetadata } from './metadata.ts'
import { type Reading, readFolders } from './reading.ts'
import { composed } from './unicode.ts'

export interface LabeledEntry {
  readonly entry: Entry
  /** The id of its class: the name of the class folder, or the label from the source; in NFC. */
  readonly classId: string
}

export interface Layout {
  readonly train: readonly LabeledEntry[]
  /** Null if the source does not define a split. */
  readonly validation: readonly LabeledEntry[] | null
  readonly names: ReadonlyMap<string, string>
  readonly notes: readonly string[]
  readonly report: LayoutReport
}

const expected =
  'Expected one folder per class with its images inside, or train/ and val/ of such folders, as in SET/cat/1.png or SET/train/cat/1.png.'

/** Parses tab-separated lines. */
const table = (text: string): string[][] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split('\t'))

/** Names of wnids from words.txt (separated by tabs) or LOC_synset_mapping.txt (by spaces), if the source has them. */
async function classNames(files: readonly Entry[]): Promise<Map<string, string>> {
  const words = files.find(({ path }) => entryName(path) === 'words.txt')
  if (words) return new Map(table(await readText(words)).map(([id, name]) => [id, (name ?? id).split(',')[0]]))
  const mapping = files.find(({ path }) => entryName(path) === 'LOC_synset_mapping.txt')
  if (!mapping) return new Map()
  const lines = (await readText(mapping)).split(/\r?\n/).filter(Boolean)
  return new Map(lines.map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1).split(',')[0]]))
}

/** An image with what its folder says about it. */
interface Placed {
  readonly entry: Entry
  readonly split: NamedSplit | null
  /** Its own class, or that of its folder. */
  readonly classId: string | null
}

/** The images with paths relative to the folder around the splits or classes. */
function placed(images: readonly Entry[], { placements, parent }: Reading): Placed[] {
  const start = parent.path === '' ? '' : `${parent.path}/`
  return images.map((entry) => {
    const placement = placements.get(folderPath(entry.path))
    const path = entry.path.startsWith(start) ? entry.path.slice(start.length) : entry.path
    const classId = entry.classId?.normalize('NFC') ?? placement?.classId ?? null
    return { entry: path === entry.path ? entry : { ...entry, path }, split: placement?.split ?? null, classId }
  })
}

const labeledOf = (images: readonly Placed[]): LabeledEntry[] =>
  images.flatMap(({ entry, classId }) => (classId === null ? [] : [{ entry, classId }]))

/** Reads the folders. Throws DataError with the dataset's name. */
function readingOf(root: Folder, layout: LayoutName, name: string): Reading {
  try {
    return readFolders(root, layout)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    const how = layout === 'auto' ? '' : ` as ${layout}`
    throw new DataError(`${name} cannot be read${how}: ${error.message}`, { cause: error })
  }
}

/**
 * Finds classes and splits, as `chosen` says. Throws DataError, which states what was found, if there are no classes, or if
 * the folders do not have the chosen layout.
 */
export async function layoutOf(all: readonly Entry[], name: string, chosen: LayoutName = 'auto'): Promise<Layout> {
  const { entries, notes } = composed(all.filter(({ path }) => !isClutter(path)))
  const files = await withMetadata(entries, notes)
  const images = files.filter(isImage)
  if (images.length === 0) {
    throw new DataError(
      `no images in ${name} (${files.length} other files${files[0] ? `, for example ${files[0].path}` : ''}). ${expected}`,
    )
  }
  notes.push(...ignoredNotes(files))
  const root = folderTree(images)
  const reading = readingOf(root, chosen, name)
  const [report, doubts] = layoutReport(root, chosen, reading)
  const found = placed(images, reading)
  const in_ = (split: NamedSplit) => found.filter((image) => image.split === split)
  const train = labeledOf(in_('train'))
  if (train.length === 0) throw noClasses(in_('train').length > 0 ? in_('train') : found, name)
  const held = await heldOut(files, train, in_('validation'), in_('test'), reading)
  const outside = found.filter(({ split, classId }) => split === null || (split === 'train' && classId === null))
  return {
    train,
    validation: held.found.length > 0 ? held.found : null,
    names: await classNames(files),
    notes: [
      ...notes,
      ...singleNote(reading),
      ...doubts,
      ...held.notes,
      ...outsideNote(outside.map(({ entry }) => entry)),
    ],
    report,
  }
}

const noClasses = (images: readonly Placed[], name: string) =>
  new DataError(
    `${images.length} images in ${name} but no class folders (for example ${images[0].entry.path}). ${expected}`,
  )

interface HeldOut {
  readonly found: readonly LabeledEntry[]
  readonly notes: readonly string[]
}

/** The labeled images of the validation split; without one, those of the test split. */
async function heldOut(
  files: readonly Entry[],
  train: readonly LabeledEntry[],
  validation: readonly Placed[],
  test: readonly Placed[],
  reading: Reading,
): Promise<HeldOut> {
  const tests = foldersOf(reading, 'test')
  if (validation.length > 0) {
    const { found, missing } = await labeledHeldOut(files, validation, train)
    const notes = found.length === 0 ? [unlabeledNote(validation, missing)] : unusedNote(validation, found)
    return { found, notes: [...(test.length > 0 ? [testNote(test, tests, '')] : []), ...notes] }
  }
  if (test.length === 0) return { found: [], notes: [] }
  const { found, missing } = await labeledHeldOut(files, test, train)
  if (found.length === 0) return { found, notes: [testNote(test, tests, missing ?? 'They have no labels.')] }
  const note = `The images of ${tests} are the held-out images, because there are no validation images.`
  return { found, notes: [note, ...unusedNote(test, found)] }
}

const foldersOf = ({ splits, parent }: Reading, split: NamedSplit): string => {
  const start = parent.path === '' ? 0 : parent.path.length + 1
  const paths = [...new Set((splits.get(split) ?? []).map(({ path }) => path.slice(start)))]
  return paths.length > 3
    ? `${paths.length} test folders`
    : `the folder${paths.length > 1 ? 's' : ''} ${paths.join(', ')}`
}

const testNote = (images: readonly Placed[], folders: string, why: string) =>
  `${images.length === 1 ? 'One image' : `${images.length} images`} of ${folders} ${images.length === 1 ? 'is' : 'are'} not used. ${why}`.trim()

const unlabeledNote = (images: readonly Placed[], missing: string | null) =>
  `${images.length} held-out images have no labels (for example ${images[0].entry.path}) and are not used; ${
    missing ?? 'add LOC_val_solution.csv, or a text file with a file name and its class per line'
  }.`

function unusedNote(images: readonly Placed[], used: readonly LabeledEntry[]): string[] {
  const known = new Set(used.map(({ entry }) => entry))
  return outsideNote(images.map(({ entry }) => entry).filter((entry) => !known.has(entry)))
}

/** A note about images without a class, such as those next to the class folders. */
function outsideNote(outside: readonly Entry[]): string[] {
  if (outside.length === 0) return []
  const which = outside.length === 1 ? 'One image belongs' : `${outside.length} images belong`
  return [`${which} to no class and will not be used, for example ${outside[0].path}.`]
}

/** Held-out images alone are divided like a dataset without splits. */
function singleNote({ splits }: Reading): string[] {
  const [only] = splits.keys()
  if (splits.size !== 1 || only === 'train') return []
  return [`There are only ${only} images; some of each class are held out.`]
}

/** Labels held-out images by a list if there is one, otherwise by their folders. */
async function labeledHeldOut(
  files: readonly Entry[],
  images: readonly Placed[],
  train: readonly LabeledEntry[],
): Promise<{ found: LabeledEntry[]; missing: string | null }> {
  const classIds = [...new Set(train.map(({ classId }) => classId))].sort()
  const entries = images.map(({ entry }) => entry)
  const labelOf = images.every(({ entry }) => entry.classId !== undefined)
    ? null
    : await heldOutLabels(files, entries, classIds)
  if (typeof labelOf !== 'function') {
    const found = labeledOf(images)
    const known = new Set(classIds)
    // A single folder that is no class, such as `images`, holds images without labels.
    const isLabeled =
      found.some(({ classId }) => known.has(classId)) || new Set(found.map((one) => one.classId)).size > 1
    return { found: isLabeled ? found : [], missing: labelOf?.missing ?? null }
  }
  const found = entries.flatMap((entry) => {
    const classId = labelOf(entryName(entry.path))
    return classId === undefined ? [] : [{ entry, classId }]
  })
  return { found, missing: null }
}

function ignoredNotes(files: readonly Entry[]): string[] {
  const known = /\.(txt|csv|jsonl?|md|xml)$/i
  const other = files.filter((file) => !isImage(file)).filter(({ path }) => !known.test(path))
  if (other.length === 0) return []
  const which =
    other.length === 1 ? 'One file that is not an image was' : `${other.length} files that are not images were`
  return [`${which} ignored, for example ${other[0].path}.`]
}
