/** Opens a dataset of files: finds its classes, checks every image once, makes the splits, and reports what it holds. */

import type { ClassOrder } from '../../class-order.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import type { ClassInfo } from '../../protocol/environment.ts'
import type { Entry } from '../entry.ts'
import { DataError, type Decode, type ImageSet, type OnProgress, reasonOf } from '../source.ts'
import { auditOf, byText, fingerprintOf, type SetImage } from './audit.ts'
import { type CheckOptions, checkAll, type ListedImage } from './check-all.ts'
import { type CheckStore, type KnownChecks, openChecks } from './checks.ts'
import { withinLimit } from './limited.ts'
import { orderOf, unusedNote } from './order.ts'
import { heldOutByClass, type SplitOptions } from './split.ts'
import { splitFrom } from './split-from.ts'
import { expected, type Layout, layoutOf } from './tree.ts'
import { type ReadNames, wordnetNames } from './wordnet.ts'

export interface OpenOptions extends CheckOptions, SplitOptions {
  /** Where the results of the checks are stored. */
  readonly checks?: CheckStore
  /** Tells this source from others of the same name, for the stored checks; by default its name. */
  readonly identity?: string
  /** Reads the table of WordNet names, for classes that the dataset does not name. */
  readonly readNames: ReadNames
  /** Files that the source refused; they are reported with the unreadable ones. */
  readonly refused?: DataReport['unreadable']
  /** Facts about the source; they are reported before the notes on the dataset. */
  readonly notes?: DataReport['notes']
}

/** The classes of the dataset in their order. Leaves out those that only one split has, and says so in `notes`. */
function commonClasses(images: readonly SetImage[], notes: string[]): { ids: string[]; order: ClassOrder } {
  const [training, heldOut] = (['train', 'validation'] as const).map((s) => images.filter(({ split }) => split === s))
  const [train, validation] = [training, heldOut].map((some) => new Set(some.map(({ classId }) => classId)))
  const note = (missing: string[], where: string) => {
    if (missing.length)
      notes.push(
        `Classes without ${where} images are left out: ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}.`,
      )
  }
  note(
    [...train].filter((id) => !validation.has(id)),
    'held-out',
  )
  note(
    [...validation].filter((id) => !train.has(id)),
    'training',
  )
  const all = orderOf(training, heldOut)
  const ids = all.ids.filter((id) => validation.has(id))
  notes.push(...all.notes, ...unusedNote(all.unused, ids.length))
  return { ids, order: all.order }
}

/** All images in the order of their paths; with null splits if the source does not define any. */
function listedImages({ train, validation }: Layout): ListedImage[] {
  const splitByFolder = validation !== null
  return [
    ...train.map((image) => ({ ...image, split: splitByFolder ? ('train' as const) : null })),
    ...(validation ?? []).map((image) => ({ ...image, split: 'validation' as const })),
  ].sort((a, b) => byText(a.entry.path, b.entry.path))
}

/** Throws DataError for fewer than two classes. */
function requireClasses(classIds: readonly string[], name: string, notes: readonly string[]): void {
  if (classIds.length >= 2) return
  const found = classIds.length === 1 ? `one class (${classIds[0]})` : 'no usable class'
  throw new DataError(`${name} has ${found}; at least two are needed. ${notes.join(' ')}`.trim())
}

/** Opens a dataset of files. Leaves out and reports unreadable images. Throws DataError, or AbortError. */
export async function openSet(
  entries: readonly Entry[],
  options: OpenOptions,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<ImageSet> {
  const { name } = options
  const layout = await layoutOf(entries, name, options.layout)
  const splitBySeed = layout.validation === null
  const listed = listedImages(layout)
  const allKnown = await openChecks(
    options.checks,
    options.identity ?? name,
    listed.map(({ entry }) => entry),
  )
  const { decode, known } = withinLimit(options.decode, allKnown, options.maxMegapixels)
  const { images, unreadable } = await checkAll(listed, { ...options, decode }, known, onProgress, signal)
  if (images.length === 0)
    throw new DataError(
      `none of the ${listed.length} images in ${name} can be read (${unreadable[0]?.path}: ${unreadable[0]?.reason})`,
    )
  const notes = [...(options.notes ?? []), ...layout.notes]
  if (splitBySeed) requireClasses([...new Set(images.map(({ classId }) => classId))], name, [expected, ...notes])
  const all = splitBySeed ? heldOutByClass(images, options, notes) : (images as SetImage[])
  const { ids: classIds, order: classOrder } = commonClasses(all, notes)
  requireClasses(classIds, name, notes)
  const names = new Map([...(await namesOf(classIds, layout.names, options, notes)), ...layout.names])
  const classes = classIds.map((id): ClassInfo => ({ id, name: names.get(id) ?? id }))
  const facts = {
    source: name,
    bytes: listed.reduce((sum, { entry }) => sum + entry.size, 0),
    unreadable: [...(options.refused ?? []), ...unreadable],
    fingerprint: await fingerprintOf(listed),
    splitBySeed,
    layout: layout.report,
    classOrder,
    notes,
  }
  return assemble(all, classes, facts, decode, known)
}

/** Names from WordNet for classes that the dataset does not name; without the table the ids serve as names. */
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
    notes.push(`The WordNet table of class names could not be read (${reasonOf(error)}); class ids serve as names.`)
    return new Map()
  }
}

function countsOf(images: readonly SetImage[], position: ReadonlyMap<string, number>): number[] {
  const counts = new Array<number>(position.size).fill(0)
  for (const { classId } of images) counts[position.get(classId) as number]++
  return counts
}

/** The facts that are known before the audit. */
type Facts = Pick<
  DataReport,
  'source' | 'bytes' | 'unreadable' | 'fingerprint' | 'splitBySeed' | 'layout' | 'classOrder' | 'notes'
>

async function assemble(
  all: readonly SetImage[],
  classes: readonly ClassInfo[],
  facts: Facts,
  decode: Decode,
  known: KnownChecks,
): Promise<ImageSet> {
  const position = new Map(classes.map(({ id }, i) => [id, i]))
  const images = all.filter(({ classId }) => position.has(classId))
  const [train, validation] = (['train', 'validation'] as const).map((s) => images.filter(({ split }) => split === s))
  const [inTrain, inValidation] = [train, validation].map((some) => countsOf(some, position))
  const audit = await auditOf(images, inTrain)
  const report: DataReport = {
    ...facts,
    classes: classes.map((c, i) => ({ ...c, train: inTrain[i], validation: inValidation[i] })),
    images: { train: train.length, validation: validation.length },
    ...audit,
    notes: [...facts.notes, ...audit.notes],
  }
  return {
    report,
    classes,
    train: splitFrom(train, position, decode, known),
    validation: splitFrom(validation, position, decode, known),
    remember: known.save,
  }
}
