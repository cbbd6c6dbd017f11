/** CSV text as records. */
import { csvParseRows } from 'd3-dsv'

export interface Csv {
  readonly columns: readonly string[]
  /** One record per row; missing cells are ''. */
  readonly rows: Record<string, string>[]
  /** The number of cells in each row. */
  readonly widths: readonly number[]
}

/**
 * Parses CSV with a header row. d3's csvParse compiles a function for each header, which the page's
 * Content-Security-Policy forbids. This parser does not.
 */
export function parseCsv(text: string): Csv {
  const [columns = [], ...rows] = csvParseRows(text)
  return {
    columns,
    rows: rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? '']))),
    widths: rows.map(({ length }) => length),
  }
}
