/** Reads the rows "file class" of a list of labels, and finds the row of an image. */
import { entryName } from '../entry.ts'

interface LabelRow {
  /** The folders and the name of the file, without `.`. */
  readonly parts: readonly string[]
  /** What follows the file. */
  readonly rest: string
}

const partsOf = (path: string): string[] => path.split(/[/\\]/).filter((part) => part !== '' && part !== '.')
const last = (parts: readonly string[]): string => parts[parts.length - 1] ?? ''

const separators = /[\s,;]+/g
const unquoted = (text: string) => text.replace(/^"(.*)"$/, '$1')

/** Splits a line behind the longest text that names an image; a tab always ends the name. Null without an image. */
function rowOf(line: string, names: ReadonlySet<string>): LabelRow | null {
  const tab = line.indexOf('\t')
  const ends = tab >= 0 ? [tab] : [...line.matchAll(separators)].map(({ index }) => index).reverse()
  for (const end of ends) {
    const parts = partsOf(unquoted(line.slice(0, end).trim()))
    const rest = line.slice(end).replace(/^[\s,;]+|\s+$/g, '')
    if (names.has(last(parts)) && rest !== '') return { parts, rest: unquoted(tab >= 0 ? rest.split('\t')[0] : rest) }
  }
  return null
}

/** The rows of a list; null if neither its first nor its second line, below a heading, names an image. */
export function labelRows(lines: readonly string[], images: readonly string[]): readonly LabelRow[] | null {
  const names = new Set(images.map(entryName))
  const isList = lines.slice(0, 2).some((line) => rowOf(line, names) !== null)
  return isList ? lines.flatMap((line) => rowOf(line, names) ?? []) : null
}

/** The ends of a path, the longest first: `a/b/c`, `b/c`, `c`. */
const endsOf = (parts: readonly string[]): string[] => parts.map((_, i) => parts.slice(i).join('/'))

/** The only value of each key; null for a key with several. */
function unique(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string | null> {
  const found = new Map<string, string | null>()
  for (const [key, value] of pairs) found.set(key, found.has(key) && found.get(key) !== value ? null : value)
  return found
}

/**
 * Returns a function that finds the image of a row by its path: the longest end of the row's path that is an image; or the
 * only image whose path ends like the row's; or, whatever the folders, the only image of its name.
 */
function imageFinder(rows: readonly LabelRow[], images: readonly string[]): (row: LabelRow) => string | null {
  const split = images.map((image) => [image, partsOf(image)] as const)
  const byPath = new Map(split.map(([image, parts]) => [parts.join('/'), image]))
  const byEnd = unique(split.flatMap(([image, parts]) => endsOf(parts).map((end) => [end, image] as const)))
  const rowOfName = unique(rows.map(({ parts }) => [last(parts), parts.join('/')] as const))
  return ({ parts }) => {
    const ends = endsOf(parts)
    const end = ends.find((one) => byPath.has(one))
    if (end !== undefined) return byPath.get(end) ?? null
    const image = byEnd.get(ends[0])
    if (image !== undefined) return image
    return rowOfName.get(last(parts)) ? (byEnd.get(last(parts)) ?? null) : null
  }
}

/**
 * What the rows say about each image, by its path. Leaves out images without a row, and those about which rows contradict
 * each other or may mean several images.
 */
export function restsOf(rows: readonly LabelRow[], images: readonly string[]): ReadonlyMap<string, string> {
  const imageOf = imageFinder(rows, images)
  const stated = unique(
    rows.flatMap((row) => {
      const image = imageOf(row)
      return image === null ? [] : [[image, row.rest] as const]
    }),
  )
  return new Map([...stated].flatMap(([image, rest]) => (rest === null ? [] : [[image, rest] as const])))
}
