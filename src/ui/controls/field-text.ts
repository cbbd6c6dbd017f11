/** Values of fields as the text of an input element, and the rows of the schedule. */
import type { Window } from '../../config/fields.ts'

/** What an input shows for a value; reading it again with the field's own parser gives the value back. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** A cell that is empty holds null. */
export type WindowRow = { readonly [K in keyof Window]: number | null }

const isRow = (row: unknown): row is WindowRow =>
  typeof row === 'object' && row !== null && 'fromEpoch' in row && 'toEpoch' in row && 'alpha' in row

/** The rows of a draft, or of the value where there is no draft or none that can be read. */
export function windowRows(draft: string | undefined, value: readonly Window[]): readonly WindowRow[] {
  if (draft === undefined) return value
  const rows: unknown = JSON.parse(draft)
  return Array.isArray(rows) && rows.every(isRow) ? rows : value
}

/** The draft of rows, as the field's parser reads it. NaN becomes an empty cell. */
export const windowsText = (rows: readonly WindowRow[]): string => JSON.stringify(rows)

/** Rows with a new window after the last, five epochs long. */
export function withNewWindow(rows: readonly WindowRow[]): readonly WindowRow[] {
  const from = Math.max(0, ...rows.map(({ toEpoch }) => toEpoch ?? 0))
  return [...rows, { fromEpoch: from, toEpoch: from + 5, alpha: -20 }]
}
