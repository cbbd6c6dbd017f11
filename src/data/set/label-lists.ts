/**
 * Reads lists of labels for held-out images in one flat folder: Tiny ImageNet's val_annotations.txt, and the common forms
 * of ILSVRC2012's validation labels.
 */
import { type Entry, entryName, readText } from '../entry.ts'

/** Returns the class of a held-out image by its file name, or undefined. */
export type LabelOf = (file: string) => string | undefined

const withoutSuffix = (file: string) => file.replace(/\.[^.]*$/, '')
const linesOf = (text: string) => text.split(/\r?\n/).filter((line) => line.trim() !== '')

/** "file wnid box", separated by tabs. */
function annotations(text: string): LabelOf {
  const labels = new Map(linesOf(text).map((line) => line.split('\t') as [string, string]))
  return (file) => labels.get(file)
}

/** "ImageId,PredictionString": the id is the file name without its extension; the string starts with the wnid. */
function solution(text: string): LabelOf {
  const rows = linesOf(text).slice(1)
  const labels = new Map(rows.map((line) => [line.split(',')[0], line.slice(line.indexOf(',') + 1).split(' ')[0]]))
  return (file) => labels.get(withoutSuffix(file))
}

/** Why a list cannot be used. */
interface Unusable {
  readonly missing: string
}

/** "file class": the class is a wnid, or its number in the order of the ids, starting at 0. */
function pairs(file: Entry, text: string, classIds: readonly string[]): LabelOf | Unusable {
  const rows = linesOf(text).map((line) => line.trim().split(/\s+/) as [string, string])
  const labels = new Map(rows.map(([image, label]) => [entryName(image), label]))
  const numbers = [...labels.values()].filter((label) => /^\d+$/.test(label)).map(Number)
  const most = numbers.reduce((a, b) => Math.max(a, b), -1)
  if (most >= classIds.length) {
    const missing = `${entryName(file.path)} numbers classes up to ${most}, but there are ${classIds.length} training classes (0 … ${classIds.length - 1} in the order of their ids), so the numbers are ambiguous; list the wnid of each file instead`
    return { missing }
  }
  return (image) => {
    const label = labels.get(image)
    return label !== undefined && /^\d+$/.test(label) ? classIds[Number(label)] : label
  }
}

/** One wnid per line, for the files in the order of their names. */
function inOrder(ids: readonly string[], files: readonly string[]): LabelOf {
  const labels = new Map([...files].sort().map((file, i) => [file, ids[i]?.trim()]))
  return (file) => labels.get(file)
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
        numbers.map((number) => wnids.get(number) ?? ''),
        images,
      )
  }
  const missing = `${name} numbers the classes in the order of the development kit, not of the wnids; add the kit's map_clsloc.txt ("n02119789 1 kit_fox" per line), because meta.mat cannot be read`
  return { missing }
}

/** Finds the list of labels among a dataset's files. Null without a list; the cure for a list that cannot be used. */
export async function heldOutLabels(
  files: readonly Entry[],
  images: readonly Entry[],
  classIds: readonly string[],
): Promise<LabelOf | Unusable | null> {
  const named = (name: string) => files.find(({ path }) => entryName(path).toLowerCase() === name)
  const tiny = named('val_annotations.txt')
  if (tiny) return annotations(await readText(tiny))
  const kaggle = named('loc_val_solution.csv')
  if (kaggle) return solution(await readText(kaggle))
  const names = images.map(({ path }) => entryName(path))
  const truth = files.find(({ path }) => groundTruth.test(entryName(path)))
  return (await listedLabels(files, names, classIds)) ?? (truth ? devkitLabels(truth, files, names) : null)
}

/** Labels from a list of files with their classes, or a list of classes in the order of the files. */
async function listedLabels(
  files: readonly Entry[],
  images: readonly string[],
  classIds: readonly string[],
): Promise<LabelOf | Unusable | null> {
  const [known, named] = [new Set(classIds), new Set(images)]
  for (const file of files.filter(({ path }) => /(val|synset|label)[^/]*\.txt$/i.test(path))) {
    const text = await readText(file)
    const lines = linesOf(text)
    const [first = '', second] = lines[0]?.trim().split(/\s+/) ?? []
    if (second !== undefined && named.has(entryName(first))) return pairs(file, text, classIds)
    if (second === undefined && known.has(first) && lines.length === images.length) return inOrder(lines, images)
  }
  return null
}
