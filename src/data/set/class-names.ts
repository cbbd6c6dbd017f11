/** The names that a dataset gives its classes. */
import { type Entry, entryName, readText } from '../entry.ts'

/** Parses tab-separated lines. */
const table = (text: string): string[][] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split('\t'))

/** Names of wnids from words.txt (separated by tabs) or LOC_synset_mapping.txt (by spaces), if the source has them. */
export async function classNames(files: readonly Entry[]): Promise<Map<string, string>> {
  const words = files.find(({ path }) => entryName(path) === 'words.txt')
  if (words) return new Map(table(await readText(words)).map(([id, name]) => [id, (name ?? id).split(',')[0]]))
  const mapping = files.find(({ path }) => entryName(path) === 'LOC_synset_mapping.txt')
  if (!mapping) return new Map()
  const lines = (await readText(mapping)).split(/\r?\n/).filter(Boolean)
  return new Map(lines.map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1).split(',')[0]]))
}
