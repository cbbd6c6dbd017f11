/** Conversions between field values and the text of input elements, and the rows of the schedule. */
import type { FieldEntry } from '../../config/config.ts'
import type { Window } from '../../config/fields.ts'

/** The text of an input for a value. The field's parser turns it back into the value. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** What an empty input shows: `all`, or `auto` where the lab derives the value; undefined where an input cannot be empty. */
export const placeholderOf = ({ nullable, meaning }: FieldEntry['field']): string | undefined =>
  nullable ? (meaning === 'all' ? 'all' : 'auto') : undefined

/** A row of the schedule; an empty cell is null. */
export type WindowRow = { readonly [K in keyof Window]: number | null }

const isRow = (row: unknown): row is WindowRow =>
  typeof row === 'object' && row !== null && 'fromEpoch' in row && 'toEpoch' in row && 'alpha' in row

/** The rows of a draft, or of the value when there is no valid draft. */
export function windowRows(draft: string | undefined, value: readonly Window[]): readonly WindowRow[] {
  if (draft === undefined) return value
  const rows: unknown = JSON.parse(draft)
  return Array.isArray(rows) && rows.every(isRow) ? rows : value
}

/** Rows as the text that the field's parser reads. NaN becomes an empty cell. */
export const windowsText = (rows: readonly WindowRow[]): string => JSON.stringify(rows)

/** Adds a window of five epochs after the last window, with its α. */
export function withNewWindow(rows: readonly WindowRow[]): readonly WindowRow[] {
  const from = Math.max(0, ...rows.map(({ toEpoch }) => toEpoch ?? 0))
  return [...rows, { fromEpoch: from, toEpoch: from + 5, alpha: rows.at(-1)?.alpha ?? -1 }]
}

/** The message of a refused value for a place beside its field, which shows the name and the value already. */
export const errorBeside = (message: string | undefined): string | undefined =>
  message?.replace(/^invalid \S+: .*; it must /s, 'It must ')
