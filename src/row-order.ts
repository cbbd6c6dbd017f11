/** Compares the classes of a file's classifier with those of a run. */
import type { ClassInfo } from './protocol/environment.ts'

/** The file's rows in the order of `classes`, or what differs. */
export type RowOrder =
  | { readonly kind: 'same' }
  /** Row i of the run is row `rows[i]` of the file. */
  | { readonly kind: 'remapped'; readonly rows: readonly number[]; readonly text: string }
  | { readonly kind: 'other'; readonly text: string }

const few = (ids: readonly string[]) => `${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''}`

/** Compares the classes of a file's rows with those of a run. */
export function rowOrder(stored: readonly string[], classes: readonly ClassInfo[]): RowOrder {
  const ids = classes.map(({ id }) => id)
  const at = stored.findIndex((id, i) => id !== ids[i])
  if (at < 0 && stored.length === ids.length) return { kind: 'same' }
  const [known, wanted] = [new Set(stored), new Set(ids)]
  const [missing, extra] = [ids.filter((id) => !known.has(id)), stored.filter((id) => !wanted.has(id))]
  if (missing.length > 0 || extra.length > 0 || known.size !== stored.length) {
    const parts = [
      ...(missing.length > 0 ? [`it lacks ${few(missing)}`] : []),
      ...(extra.length > 0 ? [`it has ${few(extra)} besides`] : []),
    ]
    return { kind: 'other', text: `the file is for other classes (${parts.join('; ') || 'some are listed twice'})` }
  }
  const row = new Map(stored.map((id, i) => [id, i]))
  const text = `class ${at} is ${ids[at]} here and ${stored[at]} in the file`
  return { kind: 'remapped', rows: ids.map((id) => row.get(id) ?? 0), text }
}
