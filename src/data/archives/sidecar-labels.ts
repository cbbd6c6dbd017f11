/** Label files next to images, as in WebDataset: `000017.cls` contains the class of `000017.jpg`. */

import { eachConcurrently } from '../concurrently.ts'
import { type Entry, entryName, isImage, type Listing, type Refused, readingReason, readText } from '../entry.ts'
import { folderOf } from './paths.ts'

/** Label files in flight at once. */
const concurrency = 16

/** Files whose names are equal up to the first dot belong together. */
const keyOf = (path: string) => `${folderOf(path)}${entryName(path).split('.')[0]}`

type Label = { readonly classId: string } | { readonly reason: string }

async function labelOf(entry: Entry): Promise<Label> {
  try {
    const classId = (await readText(entry)).trim()
    return classId === '' ? { reason: `its label ${entry.path} is empty` } : { classId }
  } catch (error) {
    return { reason: `its label ${entry.path} cannot be read: ${readingReason(error)}` }
  }
}

const isLabel = ({ path }: Entry) => /\.cls$/i.test(path)

async function labelsOf(entries: readonly Entry[], signal: AbortSignal): Promise<Map<string, Label>> {
  const files = entries.filter(isLabel)
  const labels = new Map<string, Label>()
  await eachConcurrently(files.length, concurrency, async (i) => {
    signal.throwIfAborted()
    labels.set(keyOf(files[i].path), await labelOf(files[i]))
  })
  return labels
}

/** Adds the classes of label files to their images. Leaves out the other files that belong to labeled images. */
export async function withSidecarLabels({ entries, refused }: Listing, signal: AbortSignal): Promise<Listing> {
  const labels = await labelsOf(entries, signal)
  if (labels.size === 0) return { entries, refused }
  const found: Entry[] = []
  const unlabeled: Refused[] = []
  for (const entry of entries) {
    const label = labels.get(keyOf(entry.path))
    if (!label) found.push(entry)
    else if (!isImage(entry)) continue
    else if ('classId' in label) found.push({ ...entry, classId: label.classId })
    else unlabeled.push({ path: entry.path, reason: label.reason })
  }
  return { entries: found, refused: [...refused, ...unlabeled] }
}
