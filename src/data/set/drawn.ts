/** Makes classes, splits and the report from the list of images and from what is known about them. */
import type { ClassOrder } from '../../class-order.ts'
import type { DataReport } from '../../protocol/data-report.ts'
import type { ClassInfo } from '../../protocol/environment.ts'
import { DataError, type Drawn, type ImageSet, reasonOf } from '../source.ts'
import { auditOf, type SetImage } from './audit.ts'
import type { Checks, ListedImage } from './check-all.ts'
import type { OpenOptions } from './open-options.ts'
import { orderOf, unusedNote } from './order.ts'
import { heldOutByClass, type SplitName } from './split.ts'
import { splitFrom } from './split-from.ts'
import { expected, type Layout } from './tree.ts'
import { wordnetNames } from './wordnet.ts'

/** A dataset whose files are listed. */
export interface Base {
  readonly checks: Checks
  readonly layout: Layout
  readonly options: OpenOptions
  readonly fingerprint: string
}

type Placed = ListedImage & { readonly split: SplitName }

interface Split {
  readonly images: readonly Placed[]
  /** Ids of the classes that both splits have, in their order. */
  readonly ids: readonly string[]
  readonly order: ClassOrder
  readonly notes: readonly string[]
}

const splitNames = ['train', 'validation'] as const

const some = (ids: readonly string[]) => `${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', …' : ''}`

/** A note on classes that one split lacks. */
const leftOut = (ids: readonly string[], where: string): string[] =>
  ids.length === 0 ? [] : [`Classes without ${where} images are left out: ${some(ids)}.`]

/** The classes of the dataset in their order, without those that only one split has. */
function commonClasses(images: readonly Placed[]): Pick<Split, 'ids' | 'order' | 'notes'> {
  const [training, heldOut] = splitNames.map((name) => images.filter(({ split }) => split === name))
  const [train, validation] = [training, heldOut].map((all) => new Set(all.map(({ classId }) => classId)))
  const all = orderOf(training, heldOut)
  const ids = all.ids.filter((id) => validation.has(id))
  const notes = [
    ...leftOut(
      [...train].filter((id) => !validation.has(id)),
      'validation',
    ),
    ...leftOut(
      [...validation].filter((id) => !train.has(id)),
      'training',
    ),
    ...all.notes,
    ...unusedNote(all.unused, ids.length),
  ]
  return { ids, order: all.order, notes }
}

/** Throws DataError for fewer than two classes. */
function requireClasses(classIds: readonly string[], name: string, notes: readonly string[]): void {
  if (classIds.length >= 2) return
  const found = classIds.length === 1 ? `one class (${classIds[0]})` : 'no usable class'
  throw new DataError(`${name} has ${found}; at least two are needed. ${notes.join(' ')}`.trim())
}

/** Splits images by their folders, or else by the seed. */
function split(
  { layout, options }: Base,
  images: readonly ListedImage[],
  isGood: (image: ListedImage) => boolean = () => true,
): Split {
  const before = [...(options.notes ?? []), ...layout.notes]
  if (layout.validation !== null) {
    const placed = images as readonly Placed[]
    const common = commonClasses(placed)
    return { ...common, images: placed, notes: [...before, ...common.notes] }
  }
  requireClasses([...new Set(images.map(({ classId }) => classId))], options.name, [expected, ...before])
  const made: string[] = []
  const placed = heldOutByClass(images, options, made, isGood)
  const common = commonClasses(placed)
  return { ...common, images: placed, notes: [...before, ...made, ...common.notes] }
}

const isReadable = ({ results }: Checks, { at }: ListedImage): boolean => {
  const check = results[at]
  return !check || !('reason' in check)
}

function requireReadable({ checks, options: { name } }: Base): void {
  const { listed, results } = checks
  if (listed.length === 0 || listed.some((image) => isReadable(checks, image))) return
  const [first] = results
  const reason = first && 'reason' in first ? first.reason : ''
  throw new DataError(`none of the ${listed.length} images in ${name} can be read (${listed[0].entry.path}: ${reason})`)
}

/**
 * The dataset: its splits are drawn from the list, and images that are known to be unreadable are then left out. Throws
 * DataError if fewer than two classes remain.
 */
export async function drawn(base: Base): Promise<ImageSet> {
  requireReadable(base)
  const { checks } = base
  const all = split(base, checks.listed, (image) => isReadable(checks, image))
  requireClasses(all.ids, base.options.name, all.notes)
  const images = all.images.filter((image) => isReadable(checks, image))
  const lost = splitNames.map((name) => {
    const present = new Set(images.flatMap((image) => (image.split === name ? [image.classId] : [])))
    return all.ids.filter((id) => !present.has(id))
  })
  const notes = [...all.notes, ...leftOut(lost[1], 'readable validation'), ...leftOut(lost[0], 'readable training')]
  const classes = await classesOf(base, all.ids, notes)
  const listed = drawnFrom(base, all, classes)
  const left = classes.filter(({ id }) => !lost.some((missing) => missing.includes(id)))
  const set = await assemble(base, { ...all, images, notes }, left)
  return { ...set, report: { ...set.report, ...countsIn(split(base, checks.listed)) }, listed }
}

/** Numbers of all listed images of the classes, which do not depend on what can be read. */
function countsIn({ images, ids }: Split): Pick<DataReport, 'listed' | 'listedClasses'> {
  const counts = new Map(ids.map((id) => [id, { train: 0, validation: 0 }]))
  for (const { classId, split: name } of images) {
    const own = counts.get(classId)
    if (own) own[name]++
  }
  const listedClasses = ids.map((id) => ({ id, train: 0, validation: 0, ...counts.get(id) }))
  const sum = (name: SplitName) => listedClasses.reduce((total, own) => total + own[name], 0)
  return { listed: { train: sum('train'), validation: sum('validation') }, listedClasses }
}

/** The dataset as earlier versions split it: see `ImageSet.asBefore`. */
export async function drawnBefore(base: Base, among: 'readable' | 'listed'): Promise<ImageSet> {
  const { listed } = base.checks
  const all = split(base, among === 'listed' ? listed : listed.filter((image) => isReadable(base.checks, image)))
  const notes = [...all.notes]
  return assemble(base, { ...all, notes }, await classesOf(base, all.ids, notes))
}

/** Names of the classes: those of the dataset, and from WordNet; without the table the ids serve as names. */
async function classesOf({ layout, options }: Base, ids: readonly string[], notes: string[]): Promise<ClassInfo[]> {
  const unnamed = ids.filter((id) => !layout.names.has(id))
  const names = await wordnetNames(unnamed, options.readNames).catch((error: unknown) => {
    notes.push(`The WordNet table of class names could not be read (${reasonOf(error)}); class ids serve as names.`)
    return new Map<string, string>()
  })
  return ids.map((id) => ({ id, name: layout.names.get(id) ?? names.get(id) ?? id }))
}

const placesOf = (classes: readonly ClassInfo[]) => new Map(classes.map(({ id }, i) => [id, i]))

const inSplit = (images: readonly Placed[], name: SplitName, position: ReadonlyMap<string, number>) =>
  images.filter((image) => image.split === name && position.has(image.classId))

function drawnFrom({ checks }: Base, { images }: Pick<Split, 'images'>, classes: readonly ClassInfo[]): Drawn {
  const position = placesOf(classes)
  const [train, validation] = splitNames.map((name) => splitFrom(inSplit(images, name, position), position, checks))
  return { classes, train, validation }
}

function countsOf({ labels }: Drawn['train'], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label]++
  return counts
}

async function assemble(base: Base, all: Split, classes: readonly ClassInfo[]): Promise<ImageSet> {
  const { checks, layout, options, fingerprint } = base
  requireClasses(
    classes.map(({ id }) => id),
    options.name,
    all.notes,
  )
  const made = drawnFrom(base, all, classes)
  const [inTrain, inValidation] = [made.train, made.validation].map((one) => countsOf(one, classes.length))
  const audit = await auditOf(readImages(checks, all.images, classes), inTrain)
  const report: DataReport = {
    source: options.name,
    bytes: checks.listed.reduce((sum, { entry }) => sum + entry.size, 0),
    unreadable: [...(options.refused ?? []), ...unreadableOf(checks)],
    fingerprint,
    splitBySeed: layout.validation === null,
    layout: layout.report,
    classOrder: all.order,
    classes: classes.map((c, i) => ({ ...c, train: inTrain[i], validation: inValidation[i] })),
    images: { train: made.train.labels.length, validation: made.validation.labels.length },
    ...audit,
    notes: [...all.notes, ...audit.notes],
  }
  return { report, ...made }
}

const unreadableOf = ({ listed, results }: Checks): DataReport['unreadable'] =>
  listed.flatMap(({ at, entry: { path } }) => {
    const check = results[at]
    return check && 'reason' in check ? [{ path, reason: check.reason }] : []
  })

/** The images of the classes with their checks. */
function readImages({ results }: Checks, images: readonly Placed[], classes: readonly ClassInfo[]): SetImage[] {
  const used = placesOf(classes)
  return images.flatMap((image) => {
    const check = results[image.at]
    return used.has(image.classId) ? [{ ...image, check: check && 'hash' in check ? check : null }] : []
  })
}
