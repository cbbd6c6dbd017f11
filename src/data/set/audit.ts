/** Audits the checked images of a dataset: sizes, formats, duplicates, fingerprints, and notes for the user. */
import { extent, rollup } from 'd3-array'
import type { DataReport, SizeBin } from '../../protocol/data-report.ts'
import { isMisnamed } from '../decode/header.ts'
import { byText, linesHash } from '../hash.ts'
import type { Check } from '../source.ts'
import type { LabeledEntry } from './labeled.ts'
import type { SplitName } from './split.ts'

export type Readable = Exclude<Check, { readonly reason: string }>

/** An image of the dataset; `check` is null if the image was not read. */
export type SetImage = LabeledEntry & { readonly check: Readable | null; readonly split: SplitName }

type Audit = Pick<
  DataReport,
  'duplicates' | 'leaked' | 'conflicts' | 'sizes' | 'colors' | 'formats' | 'files' | 'checked' | 'contents'
>

/** Fingerprint of the list of images, which does not require reading them. */
export const fingerprintOf = (entries: readonly LabeledEntry[]): Promise<string> =>
  linesHash(entries.map(({ classId, entry }) => `${classId}\t${entry.path}\t${entry.size}`))

/** Fingerprint of the images' contents; null if not all of them were read. */
async function contentsOf(images: readonly SetImage[]): Promise<string | null> {
  if (images.some(({ check }) => !check)) return null
  return linesHash(images.map(({ classId, entry, check }) => `${classId}\t${entry.path}\t${check?.hash}`))
}

/** Paths of the images that were read, by the hash of their bytes. */
const pathsByHash = (images: readonly SetImage[]): Map<string, Set<string>> =>
  rollup(
    images.filter(({ check }) => check !== null),
    (same) => new Set(same.map(({ entry }) => entry.path)),
    ({ check }) => check?.hash ?? '',
  )

/** Groups of paths with the same bytes. An image in both splits is not a duplicate of itself. */
const duplicatesOf = (images: readonly SetImage[]): string[][] =>
  [...pathsByHash(images).values()].filter(({ size }) => size > 1).map((paths) => [...paths])

/** Groups of paths with the same bytes, whose classes differ. */
function conflictsOf(images: readonly SetImage[]): string[][] {
  const read = images.filter(({ check }) => check !== null)
  const groups = rollup(
    read,
    (same) => same,
    ({ check }) => check?.hash ?? '',
  )
  return [...groups.values()]
    .filter((same) => new Set(same.map(({ classId }) => classId)).size > 1)
    .map((same) => [...new Set(same.map(({ entry }) => entry.path))])
}

/** Validation images whose bytes are also a training image under another path. */
function leakedOf(images: readonly SetImage[]): SetImage[] {
  const trained = pathsByHash(images.filter(({ split }) => split === 'train'))
  return images.filter(({ split, check, entry }) => {
    const paths = split === 'validation' && check ? trained.get(check.hash) : undefined
    return paths !== undefined && !(paths.size === 1 && paths.has(entry.path))
  })
}

/** Bins of a third of an octave; bin k starts at 2^(k/3). */
const binOf = (side: number) => Math.floor(3 * Math.log2(side) + 1e-9)
const edgeOf = (bin: number) => Math.ceil(2 ** (bin / 3) - 1e-9)

function histogramOf(sizes: readonly Readable[]): SizeBin[] {
  const bins = new Map<number, { images: number; aspect: number }>()
  for (const { width, height } of sizes) {
    const [shorter, longer] = [Math.min(width, height), Math.max(width, height)]
    const bin = bins.get(binOf(shorter)) ?? { images: 0, aspect: 0 }
    bins.set(binOf(shorter), { images: bin.images + 1, aspect: bin.aspect + longer / shorter })
  }
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([bin, { images, aspect }]) => ({ from: edgeOf(bin), to: edgeOf(bin + 1), images, aspect }))
}

function sizesOf(read: readonly Readable[]): DataReport['sizes'] {
  const [minWidth = 0, maxWidth = 0] = extent(read, ({ width }) => width)
  const [minHeight = 0, maxHeight = 0] = extent(read, ({ height }) => height)
  return { minWidth, maxWidth, minHeight, maxHeight, histogram: histogramOf(read) }
}

function formatsOf(read: readonly Readable[]): Record<string, number> {
  const counts = rollup(
    read,
    ({ length }) => length,
    ({ header }) => header?.format ?? 'other',
  )
  return Object.fromEntries([...counts].sort(([a], [b]) => byText(a, b)))
}

function colorsOf(read: readonly Readable[]): DataReport['colors'] {
  const count = (color: 'grey' | 'cmyk' | 'palette') => read.filter(({ header }) => header?.color === color).length
  return { grey: count('grey'), cmyk: count('cmyk'), palette: count('palette') }
}

/** Audits the images and writes notes for the user. `counts`: number of training images of each class. */
export async function auditOf(
  images: readonly SetImage[],
  counts: readonly number[],
): Promise<Audit & { readonly notes: readonly string[] }> {
  const leaked = leakedOf(images)
  const conflicts = conflictsOf(images)
  // An image in both splits is one file.
  const files = [...new Map(images.map((image) => [image.entry.path, image])).values()]
  const read = files.flatMap(({ check }) => (check ? [check] : []))
  return {
    duplicates: duplicatesOf(images),
    leaked: leaked.length,
    ...(conflicts.length > 0 ? { conflicts } : {}),
    sizes: sizesOf(read),
    colors: colorsOf(read),
    formats: formatsOf(read),
    files: files.length,
    checked: read.length,
    contents: await contentsOf(files),
    notes: [
      ...uncheckedNote(images),
      ...imbalanceNote(counts),
      ...leakNote(leaked, images),
      ...conflictNote(conflicts),
      ...misnamedNote(images),
    ],
  }
}

/** Images in both splits make validation results too good. */
function leakNote(leaked: readonly SetImage[], images: readonly SetImage[]): string[] {
  if (leaked.length === 0) return []
  const [{ entry }] = leaked
  const which =
    leaked.length === 1
      ? `One validation image is also a training image: ${entry.path}.`
      : `${leaked.length} validation images are also training images, for example ${entry.path}.`
  const heldOut = images.filter(({ split }) => split === 'validation').length
  const all =
    leaked.length === heldOut
      ? ' These are all validation images: both splits hold the same files, or links to them.'
      : ''
  return [`${which} Validation results are too good.${all}`]
}

function conflictNote(conflicts: readonly (readonly string[])[]): string[] {
  if (conflicts.length === 0) return []
  const which = conflicts.length === 1 ? 'Identical files have' : `${conflicts.length} groups of identical files have`
  return [`${which} different classes, for example ${conflicts[0].slice(0, 2).join(' and ')}.`]
}

function misnamedNote(images: readonly SetImage[]): string[] {
  const wrong = images.filter(({ entry, check }) => check?.header && isMisnamed(entry.path, check.header))
  if (wrong.length === 0) return []
  const [{ entry, check }] = wrong
  const which = wrong.length === 1 ? 'One file has' : `${wrong.length} files have`
  return [
    `${which} a wrong extension and will be used anyway, for example ${entry.path}, a ${check?.header?.format.toUpperCase()} file.`,
  ]
}

function imbalanceNote(counts: readonly number[]): string[] {
  const [low = 0, high = 0] = extent(counts)
  return counts.length > 0 && high >= 2 * low ? [`The classes are imbalanced: ${low} to ${high} training images.`] : []
}

function uncheckedNote(images: readonly SetImage[]): string[] {
  const left = images.filter(({ check }) => !check).length
  return left === 0 || left === images.length
    ? []
    : [`${left === 1 ? 'One image has' : `${left} images have`} not been read; a run reads those that it needs.`]
}
