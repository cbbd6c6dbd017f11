/** Unicode writes one name in several forms: macOS decomposes `Ä`, others do not. Paths are compared in composed form (NFC). */
import type { Entry } from '../entry.ts'

const ascii = /^[\0-\x7f]*$/

/** A text in composed form. */
export const nfc = (text: string) => (ascii.test(text) ? text : text.normalize('NFC'))

const isComposed = (entry: Entry) =>
  entry.path === nfc(entry.path) && (entry.classId === undefined || entry.classId === nfc(entry.classId))

/** The same entries with composed paths and classes. A file whose composed path is another file's keeps its own path. */
export function composed(entries: readonly Entry[]): { readonly entries: readonly Entry[]; readonly notes: string[] } {
  const listOf = composedLists()
  const areComposed = entries.every(
    (entry) => isComposed(entry) && (!entry.classList || listOf(entry.classList) === entry.classList),
  )
  if (areComposed) return { entries, notes: [] }
  const taken = new Set(entries.flatMap(({ path }) => (path === nfc(path) ? [path] : [])))
  const kept: string[] = []
  const pathOf = (path: string) => {
    const plain = nfc(path)
    if (plain === path) return path
    if (taken.has(plain)) {
      kept.push(plain)
      return path
    }
    taken.add(plain)
    return plain
  }
  const all = entries.map((entry) => {
    const path = pathOf(entry.path)
    const classId = entry.classId && nfc(entry.classId)
    const classList = entry.classList && listOf(entry.classList)
    const same = path === entry.path && classId === entry.classId && classList === entry.classList
    return same ? entry : { ...entry, path, classId, classList }
  })
  return { entries: all, notes: keptNote(kept) }
}

/** Returns the same array for the same list of classes, and an unchanged one for a list that is composed. */
function composedLists(): (list: readonly string[]) => readonly string[] {
  const known = new Map<readonly string[], readonly string[]>()
  return (list) => {
    const found = known.get(list) ?? (list.every((name) => name === nfc(name)) ? list : list.map(nfc))
    known.set(list, found)
    return found
  }
}

function keptNote(kept: readonly string[]): string[] {
  if (kept.length === 0) return []
  const which = kept.length === 1 ? 'One file has' : `${kept.length} files have`
  return [
    `${which} the name of another file in another Unicode form, for example ${kept[0]}. All are read, as different images of one class.`,
  ]
}
