/**
 * Lists that label held-out images which lie in one flat folder: Tiny ImageNet's val_annotations.txt, and those in which
 * ILSVRC2012's validation labels go around.
 */
import { type Entry, entryName, readText } from './entry.ts'

/** The class of a held-out image by its file's name, or undefined. */
export type LabelOf = (file: string) => string | undefined

const withoutSuffix = (file: string) => file.replace(/\.[^.]*$/, '')
const linesOf = (text: string) => text.split(/\r?\n/).filter((line) => line.trim() !== '')

/** "file, wnid, box", by tabs. */
function annotations(text: string): LabelOf {
  const labels = new Map(linesOf(text).map((line) => line.split('\t') as [string, string]))
  return (file) => labels.get(file)
}

/** "ImageId,PredictionString": the id is the file's name without its suffix, the string begins with the wnid. */
function solution(text: string): LabelOf {
  const rows = linesOf(text).slice(1)
  const labels = new Map(rows.map((line) => [line.split(',')[0], line.slice(line.indexOf(',') + 1).split(' ')[0]]))
  return (file) => labels.get(withoutSuffix(file))
}

/** "file class": a wnid, or the number of the class in the order of its id. */
function pairs(text: string, classIds: readonly string[]): LabelOf {
  const rows = linesOf(text).map((line) => line.trim().split(/\s+/) as [string, string])
  const labels = new Map(rows.map(([file, label]) => [entryName(file), label]))
  return (file) => {
    const label = labels.get(file)
    return label !== undefined && /^\d+$/.test(label) ? classIds[Number(label)] : label
  }
}

/** A wnid a line, for the files in the order of their names. */
function inOrder(text: string, files: readonly string[]): LabelOf {
  const ids = linesOf(text)
  const labels = new Map([...files].sort().map((file, i) => [file, ids[i]?.trim()]))
  return (file) => labels.get(file)
}

/** Finds the list among a set's files. Null where there is none that can be read. */
export async function heldOutLabels(
  files: readonly Entry[],
  images: readonly Entry[],
  classIds: readonly string[],
): Promise<LabelOf | null> {
  const named = (name: string) => files.find(({ path }) => entryName(path).toLowerCase() === name)
  const tiny = named('val_annotations.txt')
  if (tiny) return annotations(await readText(tiny))
  const kaggle = named('loc_val_solution.csv')
  if (kaggle) return solution(await readText(kaggle))
  const known = new Set(classIds)
  const names = images.map(({ path }) => entryName(path))
  for (const file of files.filter(({ path }) => /(val|synset|label)[^/]*\.txt$/i.test(path))) {
    const text = await readText(file)
    const [first = '', second] = linesOf(text)[0]?.trim().split(/\s+/) ?? []
    if (second !== undefined && names.includes(entryName(first))) return pairs(text, classIds)
    if (second === undefined && known.has(first) && linesOf(text).length === images.length) return inOrder(text, names)
  }
  return null
}
