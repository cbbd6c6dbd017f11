/** Opens a set of files: finds its classes, reads every image once, makes the splits, and reports what is there. */

import type { DataReport } from '../protocol/data-report.ts'
import type { ClassInfo } from '../protocol/environment.ts'
import { auditOf, byText, fingerprintOf, type Readable, type SetImage } from './audit.ts'
import { type CheckStore, type KnownChecks, openChecks } from './checks.ts'
import { eachConcurrently } from './concurrently.ts'
import type { Entry } from './entry.ts'
import { takeIn } from './intake.ts'
import {
  type Check,
  DataError,
  type Decode,
  type ImageFile,
  type ImageSet,
  type Keep,
  type OnProgress,
  reasonOf,
  type Split,
} from './source.ts'
import { heldOutByClass, type SplitName } from './split.ts'
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
  /** Takes the images' pixels while they are read; null where they are not to be kept. `images` may still need room. */
  readonly keep?: (source: string, images: number) => Promise<Keep | null>
  /** Once aborted, images that were not read yet are taken as they are listed. */
  readonly skip?: AbortSignal
  /** Names of wnids, for a set that brings none. */
  readonly readNames: ReadNames
  /** What was left out before: listed with the unreadable files. */
  readonly refused?: DataReport['unreadable']
}

type Listed = LabeledEntry & { readonly split: SplitName | null }
type Looked = Listed & { readonly check: Readable | null }

/** Files in flight at once: enough to keep the decoders busy, few enough to bound memory. */
const concurrency = 16

interface Reading {
  readonly images: Looked[]
  readonly unreadable: { path: string; reason: string }[]
}

async function checkAll(
  listed: readonly Listed[],
  { name, decode, keep: openKeep, skip }: OpenOptions,
  known: KnownChecks,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Reading> {
  const found: (Check | null)[] = []
  const keep = (await openKeep?.(name, listed.length)) ?? null
  const needed = (check: Check | undefined) => !check || ('hash' in check && keep && !keep.has(check.hash))
  let done = 0
  await eachConcurrently(listed.length, concurrency, async (i) => {
    signal.throwIfAborted()
    const { entry } = listed[i]
    const before = known.find(entry)
    if (!needed(before)) found[i] = before ?? null
    else if (skip?.aborted) found[i] = before ?? null
    else {
      const check = await takeIn(entry, decode, keep)
      // A cancelled read fails for that reason and not for the file's.
      signal.throwIfAborted()
      known.add(entry, check)
      found[i] = check
    }
    onProgress(++done, listed.length)
  })
  signal.throwIfAborted()
  await known.save()
  const reading: Reading = { images: [], unreadable: [] }
  for (const [i, image] of listed.entries()) {
    const check = found[i]
    if (check && 'reason' in check) reading.unreadable.push({ path: image.entry.path, reason: check.reason })
    else reading.images.push({ ...image, check })
  }
  return reading
}

/** Classes that only one of the splits has cannot be used; they are left out and named. */
function commonClasses(images: readonly SetImage[], notes: string[]): string[] {
  const of = (split: SplitName) => new Set(images.filter((i) => i.split === split).map(({ classId }) => classId))
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

const fileOf = ({ entry, check }: SetImage, decode: Decode, known: KnownChecks): ImageFile => ({
  path: entry.path,
  hash: check?.hash ?? null,
  size: check && { width: check.width, height: check.height },
  take: async (keep) => {
    const taken = await takeIn(entry, decode, keep)
    known.add(entry, taken)
    return taken
  },
})

function splitFrom(
  images: readonly SetImage[],
  position: ReadonlyMap<string, number>,
  decode: Decode,
  known: KnownChecks,
): Split {
  return {
    labels: Int32Array.from(images, ({ classId }) => position.get(classId) as number),
    file: (index) => fileOf(images[index], decode, known),
    read: async (index, signal, side = Number.POSITIVE_INFINITY) => {
      signal?.throwIfAborted()
      const { entry } = images[index]
      try {
        const { image } = await decode(await entry.read(), side)
        if (!image) throw new Error('nothing of it was asked for')
        return image
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
  const own = layout.validation !== null
  const listed: Listed[] = [
    ...layout.train.map((image) => ({ ...image, split: own ? ('train' as const) : null })),
    ...(layout.validation ?? []).map((image) => ({ ...image, split: 'validation' as const })),
  ].sort((a, b) => byText(a.entry.path, b.entry.path))
  const known = await openChecks(options.checks, options.name)
  const { images, unreadable } = await checkAll(listed, options, known, onProgress, signal)
  if (images.length === 0)
    throw new DataError(
      `none of the ${listed.length} images in ${options.name} can be read (${unreadable[0]?.path}: ${unreadable[0]?.reason})`,
    )
  const notes = [...layout.notes]
  const split = own ? (images as SetImage[]) : heldOutByClass(images, options, notes)
  const classIds = commonClasses(split, notes)
  if (classIds.length < 2) {
    throw new DataError(
      `${options.name} has ${classIds.length === 1 ? `one class (${classIds[0]})` : 'no usable class'}; at least two are needed. ${notes.join(' ')}`.trim(),
    )
  }
  const names = new Map([...(await namesOf(classIds, layout.names, options, notes)), ...layout.names])
  const missing = { unreadable: [...(options.refused ?? []), ...unreadable], notes }
  return assemble(listed, split, classIds, names, missing, options, known)
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

function countsOf(images: readonly SetImage[], position: ReadonlyMap<string, number>): number[] {
  const counts = new Array<number>(position.size).fill(0)
  for (const { classId } of images) counts[position.get(classId) as number]++
  return counts
}

async function assemble(
  listed: readonly Listed[],
  all: readonly SetImage[],
  classIds: readonly string[],
  names: ReadonlyMap<string, string>,
  { unreadable, notes }: Pick<DataReport, 'unreadable'> & { notes: string[] },
  { name, decode }: OpenOptions,
  known: KnownChecks,
): Promise<ImageSet> {
  const position = new Map(classIds.map((id, i) => [id, i]))
  const images = all.filter(({ classId }) => position.has(classId))
  const [train, validation] = (['train', 'validation'] as const).map((s) => images.filter(({ split }) => split === s))
  const [inTrain, inValidation] = [train, validation].map((own) => countsOf(own, position))
  const classes: ClassInfo[] = classIds.map((id) => ({ id, name: names.get(id) ?? id }))
  const audit = await auditOf(images, inTrain)
  const report: DataReport = {
    source: name,
    classes: classes.map((c, i) => ({ ...c, train: inTrain[i], validation: inValidation[i] })),
    images: { train: train.length, validation: validation.length },
    unreadable,
    bytes: listed.reduce((sum, { entry }) => sum + entry.size, 0),
    ...audit,
    fingerprint: await fingerprintOf(listed),
    splitBySeed: listed.every(({ split }) => split === null),
    notes: [...notes, ...audit.notes],
  }
  return {
    report,
    classes,
    train: splitFrom(train, position, decode, known),
    validation: splitFrom(validation, position, decode, known),
    remember: known.save,
  }
}
