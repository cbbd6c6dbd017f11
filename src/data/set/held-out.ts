/** Finds the labeled validation images of a dataset: those of its validation split, or of its test split. */
import type { Entry } from '../entry.ts'
import type { NamedSplit } from '../split-words.ts'
import { heldOutLabels } from './label-lists.ts'
import { insideParent, type LabeledEntry, labeledOf, type Placed } from './labeled.ts'
import { orderOf } from './order.ts'
import type { Reading } from './reading.ts'
import { nfc } from './unicode.ts'

interface Dataset {
  /** All files, for lists of labels. */
  readonly files: readonly Entry[]
  readonly images: readonly Placed[]
  readonly reading: Reading
}

/** The validation images that have labels. Says in `notes` which images are used, and which are not. */
export async function heldOut(
  { files, images, reading }: Dataset,
  train: readonly LabeledEntry[],
  notes: string[],
): Promise<readonly LabeledEntry[]> {
  const of = (split: NamedSplit) => images.filter((image) => image.split === split)
  const [validation, test] = [of('validation'), of('test')]
  if (validation.length > 0) {
    const own: string[] = []
    const { found, missing } = await labeled(files, validation, train, own)
    if (found.length > 0) {
      if (test.length > 0) notes.push(testNote(test, reading))
      notes.push(...own, ...outsideNote(unused(validation, found)))
      return found
    }
    notes.push(...own, unlabeledNote(validation, missing))
  }
  if (test.length === 0) return []
  const { found, missing } = await labeled(files, test, train, notes)
  if (found.length === 0)
    notes.push(`${testNote(test, reading)} ${missing === null ? 'They have no labels' : missing}.`)
  else notes.push(insteadNote(reading, validation.length > 0), ...outsideNote(unused(test, found)))
  return found
}

/** Labels images by a list if there is one, otherwise by their folders. `missing`: the cure for a list that cannot be used. */
async function labeled(
  files: readonly Entry[],
  images: readonly Placed[],
  train: readonly LabeledEntry[],
  notes: string[],
): Promise<{ found: LabeledEntry[]; missing: string | null }> {
  const entries = images.map(({ entry }) => entry)
  const classIds = orderOf(train).ids
  const isOwn = entries.every(({ classId }) => classId !== undefined)
  const labelOf = isOwn ? null : await heldOutLabels(files, entries, classIds, notes)
  if (typeof labelOf === 'function') {
    const found = entries.flatMap((entry) => {
      const classId = labelOf(nfc(entry.path))
      return classId === undefined ? [] : [{ entry, classId }]
    })
    return { found, missing: null }
  }
  const found = labeledOf(images)
  const missing = labelOf?.missing ?? null
  return { found: areClasses(found, classIds, missing !== null) ? found : [], missing }
}

/** A single folder that is no class, such as `images`, holds images without labels, and so do folders beside a list. */
function areClasses(found: readonly LabeledEntry[], classIds: readonly string[], isListed: boolean): boolean {
  const known = new Set(classIds)
  const names = new Set(found.map(({ classId }) => classId))
  return (names.size > 1 && !isListed) || [...names].some((name) => known.has(name))
}

function unused(images: readonly Placed[], used: readonly LabeledEntry[]): Entry[] {
  const known = new Set(used.map(({ entry }) => entry))
  return images.map(({ entry }) => entry).filter((entry) => !known.has(entry))
}

function testFolders(reading: Reading): string {
  const folders = reading.splits.get('test') ?? []
  const names = [...new Set(folders.map(({ path }) => insideParent(path, reading)))]
  if (names.length > 3) return `${names.length} test folders`
  return `${names.join(', ')} ${names.length === 1 ? 'folder' : 'folders'}`
}

const testNote = (images: readonly Placed[], reading: Reading) =>
  `${images.length} images of the ${testFolders(reading)} are not used.`

const insteadNote = (reading: Reading, unlabeled: boolean) =>
  `The images of the ${testFolders(reading)} are the validation images, because no validation split has ${unlabeled ? 'labels' : 'images'}.`

const unlabeledNote = (images: readonly Placed[], missing: string | null) =>
  `${images.length} validation images have no labels (for example ${images[0].entry.path}) and are not used; ${
    missing ??
    images[0].entry.unlabeled ??
    'add LOC_val_solution.csv, or a text file such as val_labels.txt with a file name and its class per line'
  }.`

/** A note about images without a class, such as those next to the class folders. */
export function outsideNote(outside: readonly Entry[]): string[] {
  if (outside.length === 0) return []
  const which = outside.length === 1 ? 'One image belongs' : `${outside.length} images belong`
  return [`${which} to no class and will not be used, for example ${outside[0].path}.`]
}
