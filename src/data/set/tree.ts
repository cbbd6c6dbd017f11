/**
 * Finds classes and splits among files: class folders, train/ and val/ with class folders, or held-out images with a list
 * of labels, as in Tiny ImageNet and ILSVRC2012.
 */
import { type Entry, entryName, isClutter, isImage, readText } from '../entry.ts'
import { DataError } from '../source.ts'
import { heldOutLabels } from './label-lists.ts'
import { orderOf } from './order.ts'

export interface LabeledEntry {
  readonly entry: Entry
  /** The id of its class: the name of the class folder, or the label from the source. */
  readonly classId: string
}

export interface Layout {
  readonly train: readonly LabeledEntry[]
  /** Null if the source does not define a split. */
  readonly validation: readonly LabeledEntry[] | null
  readonly names: ReadonlyMap<string, string>
  readonly notes: readonly string[]
}

const expected =
  'Expected one folder per class with its images inside, or train/ and val/ of such folders, as in SET/cat/1.png or SET/train/cat/1.png.'

/**
 * The path of the folders that contain all images, as in an archive of a folder, up to a split's folder or a class folder.
 */
function wrapperOf(images: readonly Entry[]): string {
  const parts = images[0]?.path.split('/') ?? []
  let wrapper = ''
  for (const part of parts.slice(0, -2)) {
    const next = `${wrapper}${part}/`
    const holdsAll = images.every(({ path }) => path.startsWith(next) && path.includes('/', next.length))
    if (splitOf(part) !== null || !holdsAll) break
    wrapper = next
  }
  return wrapper
}

/** The same entries with paths relative to those folders. */
function withoutWrapper(entries: readonly Entry[]): readonly Entry[] {
  const wrapper = wrapperOf(entries.filter(isImage))
  if (wrapper === '') return entries
  const inside = (path: string) => (path.startsWith(wrapper) ? path.slice(wrapper.length) : path)
  return entries.map((entry) => ({ ...entry, path: inside(entry.path) }))
}

function splitOf(folder: string): 'train' | 'validation' | 'test' | null {
  const name = folder.toLowerCase()
  if (name === 'train' || name === 'training') return 'train'
  if (name === 'val' || name === 'valid' || name === 'validation') return 'validation'
  return name === 'test' ? 'test' : null
}

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

/** Labels each image with its own class, or with the name of the first folder below `root`. */
function byFolder(images: readonly Entry[], root: string): LabeledEntry[] {
  return images.flatMap((entry) => {
    if (entry.classId !== undefined) return [{ entry, classId: entry.classId }]
    const parts = entry.path.slice(root.length).split('/')
    return parts.length > 1 ? [{ entry, classId: parts[0] }] : []
  })
}

/** Finds classes and splits. Throws DataError, which states what was found, if there are no classes. */
export async function layoutOf(all: readonly Entry[], name: string): Promise<Layout> {
  const files = withoutWrapper(all.filter(({ path }) => !isClutter(path)))
  const images = files.filter(isImage)
  if (images.length === 0) {
    throw new DataError(
      `no images in ${name} (${files.length} other files${files[0] ? `, for example ${files[0].path}` : ''}). ${expected}`,
    )
  }
  const names = await classNames(files)
  const notes = ignoredNotes(files)
  const inSplit = (split: string) =>
    images.filter(({ path }) => path.includes('/') && splitOf(path.split('/')[0]) === split)
  const [train, validation, test] = ['train', 'validation', 'test'].map(inSplit)
  if (train.length === 0) {
    const labeled = foldered(images, name)
    return { train: labeled, validation: null, names, notes: [...notes, ...outsideNote(images, labeled)] }
  }
  if (test.length > 0) notes.push(`${test.length} images of the test folder are not used.`)
  const labeled = foldered(train, name, rootOf(train))
  const inSplits = new Set([...train, ...validation, ...test])
  const outside = images.filter((image) => !inSplits.has(image))
  notes.push(...outsideNote([...outside, ...train], labeled))
  if (validation.length === 0) return { train: labeled, validation: null, names, notes }
  const { found, missing } = await heldOut(files, validation, labeled, rootOf(validation), notes)
  if (found.length === 0) notes.push(unlabeledNote(validation, missing))
  else notes.push(...outsideNote(validation, found))
  return { train: labeled, validation: found.length > 0 ? found : null, names, notes }
}

const rootOf = (entries: readonly Entry[]) => `${entries[0].path.split('/')[0]}/`

const unlabeledNote = (images: readonly Entry[], missing: string | null) =>
  `${images.length} held-out images have no labels (for example ${images[0].path}) and are not used; ${
    missing ?? 'add LOC_val_solution.csv, or a text file with a file name and its class per line'
  }.`

/** A note about images without a class, such as those next to the class folders. */
function outsideNote(images: readonly Entry[], labeled: readonly LabeledEntry[]): string[] {
  const used = new Set(labeled.map(({ entry }) => entry))
  const outside = images.filter((image) => !used.has(image))
  if (outside.length === 0) return []
  const which = outside.length === 1 ? 'One image belongs' : `${outside.length} images belong`
  return [`${which} to no class and will not be used, for example ${outside[0].path}.`]
}

/** Labels held-out images by a list if there is one, otherwise by their folders. */
async function heldOut(
  files: readonly Entry[],
  images: readonly Entry[],
  train: readonly LabeledEntry[],
  root: string,
  notes: string[],
): Promise<{ found: LabeledEntry[]; missing: string | null }> {
  const labelOf = await heldOutLabels(files, images, orderOf(train).ids, notes)
  if (typeof labelOf !== 'function') return { found: byFolder(images, root), missing: labelOf?.missing ?? null }
  const found = images.flatMap((entry) => {
    const classId = labelOf(entryName(entry.path))
    return classId === undefined ? [] : [{ entry, classId }]
  })
  return { found, missing: null }
}

function ignoredNotes(files: readonly Entry[]): string[] {
  const known = /\.(txt|csv|json|md|xml)$/i
  const other = files.filter((file) => !isImage(file)).filter(({ path }) => !known.test(path))
  if (other.length === 0) return []
  const which =
    other.length === 1 ? 'One file that is not an image was' : `${other.length} files that are not images were`
  return [`${which} ignored, for example ${other[0].path}.`]
}

function foldered(images: readonly Entry[], name: string, root = ''): LabeledEntry[] {
  const labeled = byFolder(images, root)
  if (labeled.length === 0)
    throw new DataError(
      `${images.length} images in ${name} but no class folders (for example ${images[0].path}). ${expected}`,
    )
  return labeled
}
