/** The exact numbers of a chart as a table. */
import type { ChartTable } from './figure.ts'

/** A number with five significant digits. The CSV file has all digits. */
const readable = (cell: string | number) => (typeof cell === 'number' ? Number(cell.toPrecision(5)) : cell)

/** The table view shows this many rows, the newest. The CSV file has all rows. */
const shownRows = 200

export function TableView({ title, table }: { title: string; table: ChartTable }) {
  const rows = table.rows()
  const shown = rows.slice(-shownRows)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling table must be reachable by keyboard
    <section className="chart-table" tabIndex={0} aria-label={`${title}, table`}>
      {rows.length > shown.length && (
        <p className="quiet">
          The last {shown.length} of {rows.length} rows. The CSV file has all of them.
        </p>
      )}
      <table>
        <thead>
          <tr>
            {table.columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.slice(0, 4).join()}>
              {row.map((cell, i) => (
                <td key={table.columns[i]}>{readable(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
