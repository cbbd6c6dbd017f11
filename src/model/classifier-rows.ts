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

/** Rows of a classifier's weight or bias in another order. */
export function withRows(values: Float32Array, rows: readonly number[]): Float32Array {
  const length = values.length / rows.length
  const moved = new Float32Array(values.length)
  for (const [to, from] of rows.entries()) moved.set(values.subarray(from * length, (from + 1) * length), to * length)
  return moved
}
