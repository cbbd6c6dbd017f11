/**
 * Finds classes and splits among files: a folder of class folders, train/ and val/ of them, or held-out images that a list
 * labels, as Tiny ImageNet and ILSVRC2012 come.
 */
import { type Entry, entryName, isClutter, isImage, readText } from './entry.ts'
import { heldOutLabels } from './label-lists.ts'
import { DataError } from './source.ts'

export interface LabeledEntry {
  readonly entry: Entry
  /** The class's id: its folder's name. */
  readonly classId: string
}

export interface Layout {
  readonly train: readonly LabeledEntry[]
  /** Null where the source has no split of its own. */
  readonly validation: readonly LabeledEntry[] | null
  readonly names: ReadonlyMap<string, string>
  readonly notes: readonly string[]
}

const expected =
  'Expected one folder per class with its images inside, or train/ and val/ of such folders, as in SET/cat/1.png or SET/train/cat/1.png.'

/**
 * Removes folders around everything, as an archive of a folder has, as long as all images lie in one that names no
 * split and holds further folders.
 */
function withoutWrapper(entries: readonly Entry[]): Entry[] {
  const images = entries.filter(isImage)
  const first = images[0]?.path.split('/')[0] ?? ''
  const wrapped =
    splitOf(first) === null && images.every(({ path }) => path.startsWith(`${first}/`) && path.split('/').length > 2)
  if (images.length === 0 || !wrapped) return [...entries]
  const inside = (path: string) => (path.startsWith(`${first}/`) ? path.slice(first.length + 1) : path)
  return withoutWrapper(entries.map((entry) => ({ ...entry, path: inside(entry.path) })))
}

function splitOf(folder: string): 'train' | 'validation' | 'test' | null {
  const name = folder.toLowerCase()
  if (name === 'train' || name === 'training') return 'train'
  if (name === 'val' || name === 'valid' || name === 'validation') return 'validation'
  return name === 'test' ? 'test' : null
}

/** Tab-separated lines of text → rows. */
const table = (text: string): string[][] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split('\t'))

/** Names of wnids from words.txt (tabs) or LOC_synset_mapping.txt (a space), where there is one. */
async function classNames(files: readonly Entry[]): Promise<Map<string, string>> {
  const words = files.find(({ path }) => entryName(path) === 'words.txt')
  if (words) return new Map(table(await readText(words)).map(([id, name]) => [id, (name ?? id).split(',')[0]]))
  const mapping = files.find(({ path }) => entryName(path) === 'LOC_synset_mapping.txt')
  if (!mapping) return new Map()
  const lines = (await readText(mapping)).split(/\r?\n/).filter(Boolean)
  return new Map(lines.map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1).split(',')[0]]))
}

/** The class that an image brings, or that of its folder: the first one below `root`, whatever lies deeper. */
function byFolder(images: readonly Entry[], root: string): LabeledEntry[] {
  return images.flatMap((entry) => {
    if (entry.classId !== undefined) return [{ entry, classId: entry.classId }]
    const parts = entry.path.slice(root.length).split('/')
    return parts.length > 1 ? [{ entry, classId: parts[0] }] : []
  })
}

/** Throws DataError that says what was found where no classes can be made out. */
export async function layoutOf(all: readonly Entry[], name: string): Promise<Layout> {
  const files = withoutWrapper(all.filter(({ path }) => !isClutter(path)))
  const images = files.filter(isImage)
  if (images.length === 0) {
    throw new DataError(
      `no images in ${name} (${files.length} other files${files[0] ? `, for instance ${files[0].path}` : ''}). ${expected}`,
    )
  }
  const names = await classNames(files)
  const notes = ignoredNotes(files)
  const inSplit = (split: string) =>
    images.filter(({ path }) => path.includes('/') && splitOf(path.split('/')[0]) === split)
  const [train, validation, test] = ['train', 'validation', 'test'].map(inSplit)
  if (train.length === 0) return { train: foldered(images, name), validation: null, names, notes }
  if (test.length > 0) notes.push(`${test.length} images of the test folder are not used.`)
  const root = (entries: readonly Entry[]) => `${entries[0].path.split('/')[0]}/`
  const labeled = byFolder(train, root(train))
  if (validation.length === 0) return { train: labeled, validation: null, names, notes }
  const held = await heldOut(files, validation, labeled, root(validation))
  if (held.length === 0) {
    notes.push(
      `${validation.length} held-out images have no labels (for instance ${validation[0].path}) and are not used; add LOC_val_solution.csv, or a text file with a file and its class in each line.`,
    )
  }
  return { train: labeled, validation: held.length > 0 ? held : null, names, notes }
}

/** Labels by a list where there is one and the images lie flat, by folders otherwise. */
async function heldOut(
  files: readonly Entry[],
  images: readonly Entry[],
  train: readonly LabeledEntry[],
  root: string,
): Promise<LabeledEntry[]> {
  const classIds = [...new Set(train.map(({ classId }) => classId))].sort()
  const labelOf = await heldOutLabels(files, images, classIds)
  if (!labelOf) return byFolder(images, root)
  return images.flatMap((entry) => {
    const classId = labelOf(entryName(entry.path))
    return classId === undefined ? [] : [{ entry, classId }]
  })
}

function ignoredNotes(files: readonly Entry[]): string[] {
  const known = /\.(txt|csv|json|md|xml)$/i
  const other = files.filter((file) => !isImage(file)).filter(({ path }) => !known.test(path))
  return other.length === 0
    ? []
    : [`${other.length} files that are no images were ignored, for instance ${other[0].path}.`]
}

function foldered(images: readonly Entry[], name: string): LabeledEntry[] {
  const labeled = byFolder(images, '')
  if (labeled.length === 0)
    throw new DataError(
      `${images.length} images in ${name} but no class folders (for instance ${images[0].path}). ${expected}`,
    )
  return labeled
}
