/**
 * Label files next to images, as in WebDataset: `000017.cls` contains the class of `000017.jpg`. A `.class`, `.json` or
 * `.txt` file can state it too; the latter two often hold other things, so they count only without folders of classes.
 */

import { eachConcurrently } from '../concurrently.ts'
import { type Entry, entryName, isImage, type Listing, type Refused, readingReason, readText } from '../entry.ts'
import { labelNames, labelValue } from '../label-value.ts'
import { splitNameOf } from '../split-words.ts'
import { folderOf } from './paths.ts'

/** Label files in flight at once. */
const concurrency = 16

/** Files whose names are equal up to the first dot belong together. */
const keyOf = (path: string) => `${folderOf(path)}${entryName(path).split('.')[0]}`

/** The class that a label file states, or why it states none. `isCaption`: the files beside it hold captions. */
type Label = { readonly classId: string } | { readonly reason: string; readonly isCaption?: boolean }

/** The label of an image and the kind of its file. */
type Labeled = Label & { readonly kind: Kind }

/** Kinds of label files, the surest first. */
const kinds = ['cls', 'class', 'json', 'txt'] as const
type Kind = (typeof kinds)[number]

function kindOf({ path }: Entry): Kind | null {
  if (/\.cls$/i.test(path)) return 'cls'
  const suffix = entryName(path).split('.').slice(1).join('.').toLowerCase()
  return kinds.find((kind) => kind === suffix) ?? null
}

/** A `.cls` or `.class` file is there to state the class. */
const isSure = (kind: Kind) => kind === 'cls' || kind === 'class'

function plainLabel(text: string, path: string): Label {
  const classId = text.trim()
  return classId === '' ? { reason: `its label ${path} is empty` } : { classId }
}

function jsonLabel(text: string, path: string): Label {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { reason: `its label ${path} is not JSON` }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const classId = labelValue(value)
    return classId === null ? { reason: `its label ${path} names no class` } : { classId }
  }
  const fields = new Map<string, unknown>(Object.entries(value))
  const name = labelNames.find((one) => fields.has(one))
  const expected = labelNames.slice(0, 4).join(', ')
  if (name === undefined) {
    const have = [...fields.keys()].slice(0, 6).join(', ') || 'nothing'
    const reason = `its label ${path} names no class: it has ${have}; expected one of ${expected}`
    return { reason, isCaption: fields.has('caption') }
  }
  const classId = labelValue(fields.get(name))
  return classId === null
    ? { reason: `its label ${path} names no class: ${name} is neither a number nor text` }
    : { classId }
}

/** Words and characters of the longest class name in a `.txt` file; others are captions. */
const [mostWords, mostCharacters] = [5, 60]

function textLabel(text: string, path: string): Label {
  const lines = text.trim().split(/\r?\n/)
  const words = lines[0].split(/\s+/)
  const isBox = words.length > 1 && words.every((word) => Number.isFinite(Number(word)))
  if (lines.length > 1 || words.length > mostWords || lines[0].length > mostCharacters || isBox) {
    const what = isBox ? 'a list of numbers' : 'a text'
    return {
      reason: `${path} holds ${what}, not a class; put the class into ${entryName(path).replace(/txt$/i, 'cls')}`,
    }
  }
  return plainLabel(text, path)
}

const readers: Readonly<Record<Kind, (text: string, path: string) => Label>> = {
  cls: plainLabel,
  class: plainLabel,
  json: jsonLabel,
  txt: textLabel,
}

async function labelOf(entry: Entry, kind: Kind): Promise<Label> {
  try {
    return readers[kind](await readText(entry), entry.path)
  } catch (error) {
    return { reason: `its label ${entry.path} cannot be read: ${readingReason(error)}` }
  }
}

/** Names of shards, such as `00017`, and of splits are no classes. */
const isClassFolder = (name: string) => !/^\d{4,}$/.test(name) && splitNameOf(name) === null

/** Whether the images lie in folders of classes: in several, apart from the folders of splits and shards. */
function haveFolders(images: readonly Entry[]): boolean {
  const found = new Set(images.map(({ path }) => path.split('/').slice(0, -1).filter(isClassFolder).join('/')))
  return found.size > 1
}

/** The label files of each image's key, the surest first. */
function labelFiles(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const candidates = entries.filter(({ path }) => /\.(cls|class|json|txt)$/i.test(path))
  if (candidates.length === 0) return new Map()
  const images = entries.filter((entry) => isImage(entry) && entry.classId === undefined)
  const known = new Set(images.map(({ path }) => keyOf(path)))
  const usable = haveFolders(images) ? kinds.slice(0, 2) : kinds
  const files = new Map<string, Entry[]>()
  for (const kind of usable)
    for (const entry of candidates) {
      const key = keyOf(entry.path)
      if (kindOf(entry) === kind && known.has(key)) files.set(key, [...(files.get(key) ?? []), entry])
    }
  return files
}

/** The label of the surest file; if it states none, that of the next. */
async function firstLabel(files: readonly Entry[]): Promise<Labeled> {
  let first: Labeled | undefined
  for (const file of files) {
    const kind = kindOf(file) ?? 'cls'
    const label = { ...(await labelOf(file, kind)), kind }
    first ??= label
    if ('classId' in label) return label
    if (isSure(kind) || label.isCaption) return label
  }
  return first as Labeled
}

/** Images from which on texts that hardly repeat are captions, and the share of different ones. */
const [severalTexts, differentTexts] = [8, 0.9]

/** Texts that hardly repeat are captions. */
function withoutCaptions(labels: Map<string, Labeled>): Map<string, Labeled> {
  const texts = [...labels.values()].flatMap((one) => ('classId' in one && one.kind === 'txt' ? [one.classId] : []))
  const different = new Set(texts)
  const repeat = texts.length < severalTexts || different.size <= differentTexts * texts.length
  if (repeat || texts.every((text) => /^\d+$/.test(text))) return labels
  const reason = `the .txt files hold captions, not classes: ${different.size} different texts beside ${texts.length} images`
  return new Map([...labels].map(([key, one]) => [key, one.kind === 'txt' ? { reason, kind: 'txt' } : one]))
}

async function labelsOf(entries: readonly Entry[], signal: AbortSignal): Promise<Map<string, Labeled>> {
  const files = [...labelFiles(entries)]
  const labels = new Map<string, Labeled>()
  await eachConcurrently(files.length, concurrency, async (i) => {
    signal.throwIfAborted()
    const [key, own] = files[i]
    labels.set(key, await firstLabel(own))
  })
  return withoutCaptions(labels)
}

/**
 * Adds the classes of label files to their images. Leaves out the other files that belong to labeled images, and refuses
 * images whose label file states no class where others do.
 */
export async function withSidecarLabels({ entries, refused }: Listing, signal: AbortSignal): Promise<Listing> {
  const labels = await labelsOf(entries, signal)
  if (labels.size === 0) return { entries, refused }
  const isLabelSet = [...labels.values()].some((label) => 'classId' in label || isSure(label.kind))
  const found: Entry[] = []
  const unlabeled: Refused[] = []
  for (const entry of entries) {
    const label = labels.get(keyOf(entry.path))
    if (!label) found.push(entry)
    else if (!isImage(entry)) continue
    else if ('classId' in label) found.push({ ...entry, classId: label.classId })
    else if (isLabelSet) unlabeled.push({ path: entry.path, reason: label.reason })
    else found.push({ ...entry, unlabeled: label.reason })
  }
  return { entries: found, refused: [...refused, ...unlabeled] }
}
