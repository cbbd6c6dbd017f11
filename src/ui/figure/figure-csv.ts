/** The numbers of a figure as CSV. Apart from the drawings, which need much more code. */
import { csvFormatRows } from 'd3-dsv'
import type { Figure } from './figure.ts'

/** The figure's table as CSV: the exact numbers, neither decimated nor smoothed, and the source's extra columns. */
export function figureCsv({ table, source }: Pick<Figure, 'table' | 'source'>): string {
  const { cells = {} } = source ?? {}
  const rows = table.rows().map((row) => [...row.map(String), ...Object.values(cells)])
  return `${csvFormatRows([[...table.columns, ...Object.keys(cells)], ...rows])}\n`
}
