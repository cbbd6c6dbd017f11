/** The labels of a parquet file: the names of its classes in their order, and the class in a cell. */
import type { FileMetaData } from 'hyparquet'
import { DataError } from '../source.ts'

/**
 * Names of the classes from the metadata that the hub's library writes: class i is name i. Null without them. Throws
 * DataError for a name that stands for two classes.
 */
export function classNames(metadata: FileMetaData, column: string, file: string): readonly string[] | null {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  const names = text ? namesIn(text, column) : null
  if (!names || new Set(names).size === names.length) return names
  const doubled = names.find((name, i) => names.indexOf(name) !== i)
  if (doubled !== undefined) {
    throw new DataError(
      `${file} lists the class ${doubled} twice, as ${names.indexOf(doubled)} and ${names.lastIndexOf(doubled)}; give its classes different names`,
    )
  }
  return names
}

function namesIn(text: string, column: string): readonly string[] | null {
  try {
    const names = JSON.parse(text)?.info?.features?.[column]?.names
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null
  } catch {
    return null
  }
}

/** The class in a cell, or the reason why there is none. */
export function labelOf(
  value: unknown,
  names: readonly string[] | null,
): { readonly classId: string } | { readonly reason: string } {
  if (value === null || value === undefined || value === '') return { reason: 'the row has no label' }
  if (typeof value === 'object') return { reason: 'the label of the row is neither a number nor text' }
  const classId = names ? named(value, names) : String(value)
  return classId === undefined ? { reason: `the label of the row, ${value}, is not a class` } : { classId }
}

/** A text is a name before it is a number, as in the hub's library. */
function named(value: unknown, names: readonly string[]): string | undefined {
  if (typeof value !== 'string') return names[Number(value)]
  if (names.includes(value)) return value
  return /^\d+$/.test(value) ? names[Number(value)] : undefined
}
