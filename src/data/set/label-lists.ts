/**
 * Reads lists of labels for validation images in one flat folder: Tiny ImageNet's val_annotations.txt, and the common forms
 * of ILSVRC2012's validation labels.
 */
import { byCodePoint } from '../../class-order.ts'
import { type Entry, entryName, readText } from '../entry.ts'
import { labelRows, restsOf } from './label-rows.ts'
import { nfc } from './unicode.ts'

/** Returns the class of a validation image by its path, or undefined. */
export type LabelOf = (path: string) => string | undefined

const withoutSuffix = (file: string) => file.replace(/\.[^.]*$/, '')
const linesOf = (text: string) => text.split(/\r?\n/).filter((line) => line.trim() !== '')

/** "file wnid box", separated by tabs. */
function annotations(text: string): LabelOf {
  const labels = new Map(linesOf(text).map((line) => line.split('\t') as [string, string]))
  return (path) => labels.get(entryName(path))
}

/** "ImageId,PredictionString": the id is the file name without its extension; the string starts with the wnid. */
function solution(text: string): LabelOf {
  const rows = linesOf(text).slice(1)
  const labels = new Map(rows.map((line) => [line.split(',')[0], line.slice(line.indexOf(',') + 1).split(' ')[0]]))
  return (path) => labels.get(withoutSuffix(entryName(path)))
}

/** Why a list cannot be used. */
interface Unusable {
  readonly missing: string
}

const isNumber = (label: string) => /^\d+$/.test(label)

/** The classes whose ids are numbers, by these numbers without leading zeros; null where two are equal. */
function numberedClasses(classIds: readonly string[]): Map<string, string> | null {
  const numbered = classIds.filter(isNumber)
  const byNumber = new Map(numbered.map((id) => [String(BigInt(id)), id]))
  return byNumber.size === numbered.length ? byNumber : null
}

/**
 * What the labels of a list mean: a label that names a class means that class; numbers that name none are the numbers of the
 * classes, from 0, in the order of the classes. Describes the latter in `notes`.
 */
function meaningOf(
  file: string,
  labels: ReadonlySet<string>,
  classIds: readonly string[],
  notes: string[],
): ((label: string) => string) | Unusable {
  const known = new Set(classIds)
  const padded = numberedClasses(classIds)
  const named = (label: string) =>
    known.has(label) || !isNumber(label) ? label : (padded?.get(String(BigInt(label))) ?? null)
  const unnamed = [...labels].filter((label) => named(label) === null)
  if (unnamed.length === 0) return (label) => named(label) ?? label
  const names = [...labels].find((label) => isNumber(label) && named(label) !== null)
  if (names !== undefined) {
    // Numbers that are too large for an index name classes without training images.
    if (unnamed.every((label) => Number(label) >= classIds.length)) return (label) => named(label) ?? label
    const missing = `the labels of ${file} are ambiguous: ${names} is the name of a class and ${unnamed[0]} is none, so they may be names or numbers of classes; list the class of each file by name instead`
    return { missing }
  }
  return numbersOf(file, unnamed, classIds, notes)
}

/** Numbers of classes, from 0. */
function numbersOf(
  file: string,
  labels: readonly string[],
  classIds: readonly string[],
  notes: string[],
): ((label: string) => string) | Unusable {
  const most = labels.map(Number).reduce((a, b) => Math.max(a, b), -1)
  if (most >= classIds.length) {
    const missing = `${file} numbers classes up to ${most}, but there are ${classIds.length} training classes (0 … ${classIds.length - 1} in their order), so the numbers are ambiguous; list the class of each file by name instead`
    return { missing }
  }
  const first = labels.some((label) => Number(label) === 0)
    ? ''
    : ' None of the images has the number 0: if the list counts from 1, list the class of each file by name instead.'
  notes.push(
    `${file} numbers the classes from 0 in their order: 0 is ${classIds[0]}, ${most} is ${classIds[most]}.${first}`,
  )
  return (label) => (isNumber(label) ? classIds[Number(label)] : label)
}

/** The class in the text behind a file: all of the text if it names a class, otherwise its first word. */
function labelIn(rest: string, known: ReadonlySet<string>): string {
  if (known.has(rest)) return rest
  const word = rest.split(/[\s,;]+/)[0].replace(/^"(.*)"$/, '$1')
  return known.has(word) || isNumber(word) ? word : rest
}

/** "file class": the class is the name of its folder, or its number in the order of the classes, starting at 0. */
function pairs(
  file: Entry,
  rests: ReadonlyMap<string, string>,
  classIds: readonly string[],
  notes: string[],
): LabelOf | Unusable {
  const known = new Set(classIds)
  const labels = new Map([...rests].map(([path, rest]) => [path, labelIn(rest, known)]))
  const meaning = meaningOf(entryName(file.path), new Set(labels.values()), classIds, notes)
  if (typeof meaning !== 'function') return meaning
  return (path) => {
    const label = labels.get(path)
    return label ? meaning(label) : undefined
  }
}

/** One class per line, for the files in the order of their names. */
function inOrder(list: string, ids: readonly string[], images: readonly string[]): LabelOf | Unusable {
  const names = images.map(entryName).sort(byCodePoint)
  const twice = names.find((name, i) => name === names[i + 1])
  if (twice !== undefined) {
    const missing = `${list} lists classes in the order of file names, but several files are called ${twice}; list the class of each file with its path instead`
    return { missing }
  }
  const labels = new Map(names.map((file, i) => [file, ids[i]?.trim()]))
  return (path) => labels.get(entryName(path))
}

const groundTruth = /^ILSVRC\d+_validation_ground_truth\.txt$/i

/** Maps numbers to wnids: "n02119789 1 kit_fox", as in the development kit's map_clsloc.txt, or the number first. */
function numberedSynsets(text: string): Map<string, string> {
  const rows = linesOf(text).map((line) => line.trim().split(/\s+/))
  const known = rows.flatMap(([a = '', b = '']): [string, string][] => {
    if (/^n\d{8}$/.test(a) && /^\d+$/.test(b)) return [[b, a]]
    return /^\d+$/.test(a) && /^n\d{8}$/.test(b) ? [[a, b]] : []
  })
  return new Map(known)
}

/**
 * The development kit's labels: one class number per line, 1 … 1000, for the files in the order of their names.
 * map_clsloc.txt defines the order of the classes, and so does meta.mat, which the lab cannot read.
 */
async function devkitLabels(
  truth: Entry,
  files: readonly Entry[],
  images: readonly string[],
): Promise<LabelOf | Unusable> {
  const name = entryName(truth.path)
  const numbers = linesOf(await readText(truth)).map((line) => line.trim())
  if (numbers.length !== images.length)
    return { missing: `${name} has ${numbers.length} lines for ${images.length} images` }
  for (const file of files.filter(({ path }) => path.endsWith('.txt') && path !== truth.path)) {
    const wnids = numberedSynsets(await readText(file))
    if (numbers.every((number) => wnids.has(number)))
      return inOrder(
        name,
        numbers.map((number) => wnids.get(number) ?? ''),
        images,
      )
  }
  const missing = `${name} numbers the classes in the order of the development kit, not of the wnids; add the kit's map_clsloc.txt ("n02119789 1 kit_fox" per line), because meta.mat cannot be read`
  return { missing }
}

/**
 * Finds the list of labels among a dataset's files; `classIds` are the training classes in their order. Null without a list;
 * the cure for a list that cannot be used. Says in `notes` how numbers are read.
 */
export async function heldOutLabels(
  files: readonly Entry[],
  images: readonly Entry[],
  classIds: readonly string[],
  notes: string[],
): Promise<LabelOf | Unusable | null> {
  const named = (name: string) => files.find(({ path }) => entryName(path).toLowerCase() === name)
  const tiny = named('val_annotations.txt')
  if (tiny) return annotations(await readText(tiny))
  const kaggle = named('loc_val_solution.csv')
  if (kaggle) return solution(await readText(kaggle))
  const paths = images.map(({ path }) => nfc(path))
  const truth = files.find(({ path }) => groundTruth.test(entryName(path)))
  return (await listedLabels(files, paths, classIds, notes)) ?? (truth ? devkitLabels(truth, files, paths) : null)
}

/** Labels from a list of files with their classes, or a list of classes in the order of the files. */
async function listedLabels(
  files: readonly Entry[],
  images: readonly string[],
  classIds: readonly string[],
  notes: string[],
): Promise<LabelOf | Unusable | null> {
  const known = new Set(classIds)
  for (const file of files.filter(({ path }) => /(val|synset|label)[^/]*\.(txt|csv)$/i.test(path))) {
    const lines = linesOf(await readText(file))
    const rows = labelRows(lines, images)
    const rests = rows && restsOf(rows, images)
    // A table of numbers may hold anything.
    const isNamed = rests && [...rests.values()].some((rest) => known.has(labelIn(rest, known)))
    if (rests && (isNamed || !/\.csv$/i.test(file.path))) return pairs(file, rests, classIds, notes)
    const isName = known.has(lines[0]?.trim() ?? '')
    if (isName && lines.length === images.length) return inOrder(entryName(file.path), lines, images)
  }
  return null
}
