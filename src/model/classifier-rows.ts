/** The classes that the rows of a classifier stand for, in a checkpoint's metadata, and their order in a run. */
import type { RunClassOrder } from '../class-order.ts'
import type { ClassInfo } from '../protocol/environment.ts'
import type { TensorFile } from './safetensors.ts'

/** The metadata that names the classes of a checkpoint; safetensors metadata consists of texts. */
export const classMetadata = (
  classes: readonly ClassInfo[],
  order: RunClassOrder | undefined,
): Readonly<Record<string, string>> => ({
  classes: JSON.stringify(classes.map(({ id }) => id)),
  class_names: JSON.stringify(classes.map(({ name }) => name)),
  ...(order === undefined ? {} : { class_order: order }),
})

/** A JSON list of texts in the metadata; null where there is none. */
function listIn({ metadata }: TensorFile, key: string): readonly string[] | null {
  try {
    const list: unknown = Object.hasOwn(metadata, key) ? JSON.parse(metadata[key]) : null
    return Array.isArray(list) && list.every((one) => typeof one === 'string') ? list : null
  } catch {
    return null
  }
}

/** Ids of the classes of a file's classifier, in the order of its rows; null where the file does not list them. */
export const storedClasses = (file: TensorFile): readonly string[] | null => listIn(file, 'classes')

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

/** Rows of a classifier's weight or bias in another order. */
export function withRows(values: Float32Array, rows: readonly number[]): Float32Array {
  const length = values.length / rows.length
  const moved = new Float32Array(values.length)
  for (const [to, from] of rows.entries()) moved.set(values.subarray(from * length, (from + 1) * length), to * length)
  return moved
}
