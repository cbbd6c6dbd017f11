/** Classes in tables and JSON files beside images. */

/** Names of the columns and keys that hold classes; the first one that is there counts. */
export const labelNames = [
  'label',
  'labels',
  'class',
  'cls',
  'class_name',
  'class_id',
  'category',
  'target',
  'fine_label',
] as const

/** The class in a cell or a key: a number, a text, true or false, or a list of one of them; null for other values. */
export function labelValue(value: unknown): string | null {
  if (Array.isArray(value)) return value.length === 1 ? labelValue(value[0]) : null
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim().normalize('NFC') : null
}
