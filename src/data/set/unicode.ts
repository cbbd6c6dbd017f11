/** Unicode writes one name in several forms: macOS decomposes `Ä`, others do not. Paths are compared in composed form (NFC). */
import type { Entry } from '../entry.ts'

/** The same entries with composed paths. A file whose composed path is another file's keeps its own. */
export function composed(entries: readonly Entry[]): { readonly entries: readonly Entry[]; readonly notes: string[] } {
  const paths = entries.map(({ path }) => path.normalize('NFC'))
  if (paths.every((path, i) => path === entries[i].path)) return { entries, notes: [] }
  const taken = new Set(entries.filter(({ path }, i) => path === paths[i]).map(({ path }) => path))
  const kept: string[] = []
  const all = entries.map((entry, i) => {
    if (entry.path === paths[i]) return entry
    if (taken.has(paths[i])) {
      kept.push(paths[i])
      return entry
    }
    taken.add(paths[i])
    return { ...entry, path: paths[i] }
  })
  return { entries: all, notes: keptNote(kept) }
}

function keptNote(kept: readonly string[]): string[] {
  if (kept.length === 0) return []
  const which = kept.length === 1 ? 'One file has' : `${kept.length} files have`
  return [
    `${which} the name of another file in another Unicode form, for example ${kept[0]}. All are read, as different images of one class.`,
  ]
}
