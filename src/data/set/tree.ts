/** Finds the classes and splits of a dataset's files. */
import type { LayoutName } from '../../config/layout.ts'
import type { LayoutReport } from '../../protocol/data-report.ts'
import { type Entry, isClutter, isImage } from '../entry.ts'
import { DataError } from '../source.ts'
import { classNames } from './class-names.ts'
import { layoutReport } from './describe-reading.ts'
import { type Folder, folderTree } from './folder-tree.ts'
import { heldOut, outsideNote } from './held-out.ts'
import { type LabeledEntry, labeledOf, type Placed, placedIn, withoutUnstated } from './labeled.ts'
import { withMetadata } from './metadata.ts'
import { noImages, otherFilesNotes } from './other-files.ts'
import { type Reading, readFolders } from './reading.ts'
import { composed } from './unicode.ts'

export interface Layout {
  readonly train: readonly LabeledEntry[]
  /** Null if the source does not define a split. */
  readonly validation: readonly LabeledEntry[] | null
  readonly names: ReadonlyMap<string, string>
  readonly notes: readonly string[]
  readonly report: LayoutReport
}

/** What a dataset looks like, for errors. */
export const expected =
  'Expected one folder per class with its images inside, or train/ and val/ of such folders, as in SET/cat/1.png or SET/train/cat/1.png.'

const noneLabeled = (name: string, notes: readonly string[]) =>
  new DataError(`no image in ${name} has a class. ${notes.join(' ')}`)

function noClasses(name: string, images: readonly Placed[], { layout }: Reading, notes: readonly string[]): DataError {
  const [first] = images
  const how =
    first.split !== null && first.entry.path.includes('/')
      ? ' If this folder is a class, choose the layout classes.'
      : ''
  const why = first.entry.unlabeled ? ` Or label the images: ${first.entry.unlabeled}.` : ''
  const read = layout === 'classes' ? '' : how
  return new DataError(
    `${images.length} images in ${name} but no class folders (for example ${first.entry.path}). ${[`${expected}${read}${why}`, ...notes].join(' ')}`,
  )
}

/** Reads the folders. Throws DataError with the dataset's name. */
function readingOf(root: Folder, chosen: LayoutName, name: string): Reading {
  try {
    return readFolders(root, chosen)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    const how = chosen === 'auto' ? '' : ` as ${chosen}`
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
  const own = files.filter(isImage)
  if (own.length === 0) throw entries.some(isImage) ? noneLabeled(name, notes) : noImages(name, files, expected)
  const root = folderTree(own)
  const reading = readingOf(root, chosen, name)
  const images = placedIn(own, reading)
  const training = images.filter(({ split }) => split === 'train')
  const train = withoutUnstated(labeledOf(training), notes)
  if (train.length === 0 || areShards(train))
    throw noClasses(name, training.length > 0 ? training : images, reading, notes)
  const [report, doubts] = layoutReport(root, chosen, reading)
  notes.push(...otherFilesNotes(files, root, reading), ...singleNote(reading), ...doubts)
  const validation = await heldOut({ files, images, reading }, train, notes)
  const outside = images.filter(({ split, classId }) => split === null || (split === 'train' && classId === null))
  notes.push(...outsideNote(outside.map(({ entry }) => entry)))
  return { train, validation: validation.length > 0 ? validation : null, names: await classNames(files), notes, report }
}

/** Whether the folders are shards of images whose label files state no class. */
const areShards = (train: readonly LabeledEntry[]): boolean =>
  train.every(({ entry, classId }) => entry.unlabeled !== undefined && /^\d{4,}$/.test(classId))

/** Validation images alone are divided like a dataset without splits. */
function singleNote({ splits }: Reading): string[] {
  const [only] = splits.keys()
  if (splits.size !== 1 || only === 'train') return []
  return [`There are ${only} images only, so some of each class are held out.`]
}
