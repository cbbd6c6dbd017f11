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

/** Splits a line behind the longest text that names an image; a tab always ends the name. Null without an image. */
function rowOf(line: string, names: ReadonlySet<string>): LabelRow | null {
  const tab = line.indexOf('\t')
  const ends = tab >= 0 ? [tab] : [...line.matchAll(/\s+/g)].map(({ index }) => index).reverse()
  for (const end of ends) {
    const parts = partsOf(line.slice(0, end).trim())
    const rest = line.slice(end).trim()
    if (names.has(last(parts)) && rest !== '') return { parts, rest: tab >= 0 ? rest.split('\t')[0].trim() : rest }
  }
  return null
}

/** The rows of a list; null if neither its first nor its second line, below a heading, names an image. */
export function labelRows(lines: readonly string[], images: readonly string[]): readonly LabelRow[] | null {
  const names = new Set(images.map(entryName))
  const isList = lines.slice(0, 2).some((line) => rowOf(line, names) !== null)
  return isList ? lines.flatMap((line) => rowOf(line, names) ?? []) : null
}

/** Whether two paths can mean one file: the shorter one ends the longer one. */
function fits(a: readonly string[], b: readonly string[]): boolean {
  const shared = Math.min(a.length, b.length)
  return a.slice(a.length - shared).every((part, i) => part === b[b.length - shared + i])
}

function byName<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const item of items) {
    const name = nameOf(item)
    const same = found.get(name)
    if (same) same.push(item)
    else found.set(name, [item])
  }
  return found
}

/**
 * Returns what the rows say about an image, by its path. Folders in the rows count where several files have one name.
 * Undefined for an image without a row, and where rows contradict each other or may mean several images.
 */
export function restOf(rows: readonly LabelRow[], images: readonly string[]): (path: string) => string | undefined {
  const rowsByName = byName(rows, ({ parts }) => last(parts))
  const imagesByName = byName(images.map(partsOf), last)
  return (path) => {
    const parts = partsOf(path)
    const [named, alike] = [rowsByName.get(last(parts)) ?? [], imagesByName.get(last(parts)) ?? []]
    const isOnly = alike.length === 1 && new Set(named.map((row) => row.parts.join('/'))).size === 1
    const own = isOnly
      ? named
      : named.filter((row) => fits(row.parts, parts) && alike.filter((one) => fits(row.parts, one)).length === 1)
    const stated = new Set(own.map(({ rest }) => rest))
    return stated.size === 1 ? [...stated][0] : undefined
  }
}
