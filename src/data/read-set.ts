/** Reads a set once through: which images can be decoded, their sizes, duplicates, a fingerprint; then makes the splits. */
import type { ClassInfo, DataReport } from '../events.ts'
import { stream } from '../random.ts'
import { type Check, type CheckStore, type KnownChecks, openChecks } from './checks.ts'
import type { Entry } from './entry.ts'
import { headerOf, type ImageHeader, isMisnamed } from './header.ts'
import { eachConcurrently } from './load.ts'
import { DataError, type Decode, type ImageSet, type OnProgress, type Split } from './source.ts'
import { type LabeledEntry, layoutOf } from './tree.ts'
import { type ReadNames, wordnetNames } from './wordnet.ts'

export interface OpenOptions {
  /** What to call the source in reports and errors. */
  readonly name: string
  readonly decode: Decode
  readonly validationFraction: number
  readonly seed: number
  /** Where it is kept what reading the set has shown. */
  readonly checks?: CheckStore
  /** Names of wnids, for a set that brings none. */
  readonly readNames: ReadNames
  /** Files that were left out when the source was listed, and why. */
  readonly refused?: readonly { readonly path: string; readonly reason: string }[]
}

/** An image that was decoded once. */
type Checked = LabeledEntry & Exclude<Check, { readonly reason: string }> & { readonly split: 'train' | 'validation' }

const hex = (buffer: ArrayBuffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('')

const sha256 = async (bytes: Uint8Array) => hex(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]

/** Decoded, such an image takes 400 MB; one of them can end a page. */
const mostPixels = 100e6

function refuseHuge(header: ImageHeader | null): void {
  const { width, height } = header?.size ?? { width: 0, height: 0 }
  if (width * height > mostPixels) throw new Error(`${width} × ${height} pixels are more than 100 megapixels`)
}

/** Files in flight at once. */
const concurrency = 8

interface Reading {
  readonly checked: Checked[]
  readonly unreadable: { path: string; reason: string }[]
}

async function check(entry: Entry, decode: Decode): Promise<Check> {
  try {
    const bytes = await entry.read()
    const hash = await sha256(bytes)
    const header = headerOf(bytes)
    refuseHuge(header)
    const { width, height } = await decode(bytes)
    return { width, height, hash, header }
  } catch (error) {
    return { reason: reasonOf(error) }
  }
}

async function checkAll(
  labeled: readonly (LabeledEntry & Pick<Checked, 'split'>)[],
  decode: Decode,
  known: KnownChecks,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Reading> {
  const results: (Checked | { path: string; reason: string })[] = []
  let done = 0
  await eachConcurrently(labeled.length, concurrency, async (i) => {
    signal.throwIfAborted()
    const { entry } = labeled[i]
    const before = known.find(entry)
    const found = before ?? (await check(entry, decode))
    if (!before) known.add(entry, found)
    results[i] = 'reason' in found ? { path: entry.path, reason: found.reason } : { ...labeled[i], ...found }
    onProgress(++done, labeled.length)
  })
  signal.throwIfAborted()
  await known.save()
  const checked = results.filter((r): r is Checked => 'hash' in r)
  return { checked, unreadable: results.filter((r): r is { path: string; reason: string } => 'reason' in r) }
}

/** Holds out a seeded share of each class, at least one image and never all. */
function splitClass(images: readonly Checked[], classId: string, { validationFraction, seed }: OpenOptions): Checked[] {
  if (images.length < 2)
    throw new DataError(`class ${classId} has one readable image; two are needed, one to train on and one to hold out`)
  const held = Math.min(images.length - 1, Math.max(1, Math.round(images.length * validationFraction)))
  const order = stream(seed, 'validation-split', classId).shuffle(images.map((_, i) => i))
  const out = new Set(order.slice(0, held))
  return images.map((image, i) => ({ ...image, split: out.has(i) ? ('validation' as const) : ('train' as const) }))
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function duplicatesOf(images: readonly Checked[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const { hash, entry } of images) groups.set(hash, [...(groups.get(hash) ?? []), entry.path])
  return [...groups.values()].filter(({ length }) => length > 1)
}

/** Images that are in both splits make held-out numbers too good. */
function leakNote(images: readonly Checked[]): string[] {
  const splits = new Map<string, Set<string>>()
  for (const { hash, split } of images) splits.set(hash, (splits.get(hash) ?? new Set()).add(split))
  const leaked = images.filter(({ split, hash }) => split === 'validation' && splits.get(hash)?.size === 2)
  if (leaked.length === 0) return []
  const which = leaked.length === 1 ? 'One held-out image is' : `${leaked.length} held-out images are`
  return [`${which} among the training images too, for instance ${leaked[0].entry.path}: held-out numbers flatter.`]
}

function misnamedNote(images: readonly Checked[]): string[] {
  const wrong = images.filter(({ entry, header }) => header && isMisnamed(entry.path, header))
  if (wrong.length === 0) return []
  const [{ entry, header }] = wrong
  const which = wrong.length === 1 ? 'One file is' : `${wrong.length} files are`
  return [
    `${which} of another format than named, and read all the same: ${entry.path} is a ${header?.format.toUpperCase()}.`,
  ]
}

function colorsOf(images: readonly Checked[]): DataReport['colors'] {
  const count = (color: 'grey' | 'cmyk' | 'palette') => images.filter(({ header }) => header?.color === color).length
  return { grey: count('grey'), cmyk: count('cmyk'), palette: count('palette') }
}

async function fingerprintOf(images: readonly Checked[]): Promise<string> {
  const lines = images
    .map(({ split, classId, entry, hash }) => `${split}\t${classId}\t${entry.path}\t${hash}`)
    .sort(byText)
  return sha256(new TextEncoder().encode(lines.join('\n')))
}

function sizesOf(images: readonly Checked[]): DataReport['sizes'] {
  const fold = (values: number[]) =>
    values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Number.POSITIVE_INFINITY, 0])
  const [minWidth, maxWidth] = fold(images.map(({ width }) => width))
  const [minHeight, maxHeight] = fold(images.map(({ height }) => height))
  return { minWidth, maxWidth, minHeight, maxHeight }
}

/** Classes that only one of the splits has cannot be used; they are left out and named. */
function commonClasses(images: readonly Checked[], notes: string[]): string[] {
  const of = (split: Checked['split']) => new Set(images.filter((i) => i.split === split).map(({ classId }) => classId))
  const [train, validation] = [of('train'), of('validation')]
  const say = (missing: string[], where: string) => {
    if (missing.length)
      notes.push(
        `left out, because they have no ${where} images: ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}`,
      )
  }
  say(
    [...train].filter((id) => !validation.has(id)),
    'held-out',
  )
  say(
    [...validation].filter((id) => !train.has(id)),
    'training',
  )
  return [...train].filter((id) => validation.has(id)).sort(byText)
}

function imbalanceNote(counts: readonly number[]): string[] {
  const [low, high] = [Math.min(...counts), Math.max(...counts)]
  return high >= 2 * low ? [`The classes are uneven: from ${low} to ${high} training images.`] : []
}

function splitFrom(images: readonly Checked[], position: ReadonlyMap<string, number>, decode: Decode): Split {
  return {
    labels: Int32Array.from(images, ({ classId }) => position.get(classId) as number),
    read: async (index, signal) => {
      signal?.throwIfAborted()
      const { entry } = images[index]
      try {
        return await decode(await entry.read())
      } catch (error) {
        throw new DataError(`cannot read ${entry.path} any more: ${reasonOf(error)}`, { cause: error })
      }
    },
  }
}

/** Opens a set of files. Unreadable images are left out and reported. Throws DataError, or AbortError. */
export async function openSet(
  entries: readonly Entry[],
  options: OpenOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ImageSet> {
  const layout = await layoutOf(entries, options.name)
  const labeled = [
    ...layout.train.map((l) => ({ ...l, split: 'train' as const })),
    ...(layout.validation ?? []).map((l) => ({ ...l, split: 'validation' as const })),
  ]
  const sorted = labeled.sort((a, b) => byText(a.entry.path, b.entry.path))
  const known = await openChecks(options.checks, options.name)
  const { checked, unreadable } = await checkAll(sorted, options.decode, known, onProgress, signal)
  if (checked.length === 0)
    throw new DataError(
      `none of the ${sorted.length} images in ${options.name} can be read (${unreadable[0]?.path}: ${unreadable[0]?.reason})`,
    )
  const notes = [...layout.notes]
  const images = layout.validation ? checked : heldOut(checked, options, notes)
  const classIds = commonClasses(images, notes)
  if (classIds.length < 2) {
    throw new DataError(
      `${options.name} has ${classIds.length === 1 ? `one class (${classIds[0]})` : 'no usable class'}; at least two are needed. ${notes.join(' ')}`.trim(),
    )
  }
  const names = new Map([...(await namesOf(classIds, layout.names, options, notes)), ...layout.names])
  return assemble(images, classIds, names, { unreadable: [...(options.refused ?? []), ...unreadable], notes }, options)
}

/** Names that the set does not bring, from WordNet; without its table the ids serve. */
async function namesOf(
  classIds: readonly string[],
  known: ReadonlyMap<string, string>,
  { readNames }: OpenOptions,
  notes: string[],
): Promise<Map<string, string>> {
  const unnamed = classIds.filter((id) => !known.has(id))
  try {
    return await wordnetNames(unnamed, readNames)
  } catch (error) {
    notes.push(`The names of the classes could not be looked up (${reasonOf(error)}).`)
    return new Map()
  }
}

function heldOut(checked: readonly Checked[], options: OpenOptions, notes: string[]): Checked[] {
  const ids = [...new Set(checked.map(({ classId }) => classId))].sort(byText)
  notes.push(
    `The source has no split of its own: ${Math.round(options.validationFraction * 100)} % of each class are held out (seed ${options.seed}).`,
  )
  return ids.flatMap((id) =>
    splitClass(
      checked.filter(({ classId }) => classId === id),
      id,
      options,
    ),
  )
}

async function assemble(
  all: readonly Checked[],
  classIds: readonly string[],
  names: ReadonlyMap<string, string>,
  { unreadable, notes }: Pick<DataReport, 'unreadable'> & { notes: string[] },
  { name, decode }: OpenOptions,
): Promise<ImageSet> {
  const position = new Map(classIds.map((id, i) => [id, i]))
  const images = all.filter(({ classId }) => position.has(classId))
  const of = (split: Checked['split']) => images.filter((image) => image.split === split)
  const [train, validation] = [of('train'), of('validation')]
  const count = (of: readonly Checked[]) => classIds.map((id) => of.filter(({ classId }) => classId === id).length)
  const [trainCounts, validationCounts] = [count(train), count(validation)]
  const classes: ClassInfo[] = classIds.map((id) => ({ id, name: names.get(id) ?? id }))
  const report: DataReport = {
    source: name,
    classes: classes.map((c, i) => ({ ...c, train: trainCounts[i], validation: validationCounts[i] })),
    images: { train: train.length, validation: validation.length },
    unreadable,
    duplicates: duplicatesOf(images),
    sizes: sizesOf(images),
    colors: colorsOf(images),
    fingerprint: await fingerprintOf(images),
    notes: [...notes, ...imbalanceNote(trainCounts), ...leakNote(images), ...misnamedNote(images)],
  }
  return {
    report,
    classes,
    train: splitFrom(train, position, decode),
    validation: splitFrom(validation, position, decode),
  }
}
