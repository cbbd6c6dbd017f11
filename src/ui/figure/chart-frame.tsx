/** The frame of every chart: title, toolbar, legend, menu, caption and table view. */
import { type ReactNode, useId, useRef, useState } from 'react'
import { Button, Menu, MenuItem, MenuTrigger, Popover, ToggleButton } from 'react-aria-components'
import { messageOf } from '../../message.ts'
import { series } from '../../store/series.ts'
import type { ChartTable, Figure, FigureSource } from './figure.ts'
import { registerFigure } from './figures.ts'
import { Legend } from './legend.tsx'
import type { LegendItem } from './legend-item.ts'
import './figure.css'

export interface ChartFrameProps {
  /** For file names. */
  readonly id: string
  /** The region's accessible name and heading. */
  readonly title: string
  readonly caption: string
  readonly legend: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
  readonly onToggle: (key: string) => void
  readonly table: ChartTable
  /** The current run if absent. */
  readonly source?: FigureSource
  readonly toolbar?: ReactNode
  /** The plot: one or more drawings. */
  readonly children: ReactNode
}

export function ChartFrame(props: ChartFrameProps) {
  const { id, title, caption, legend, hidden, onToggle, table, source, toolbar, children } = props
  const [tabular, setTabular] = useState(false)
  const [note, setNote] = useState<string | null>(null)
  const body = useRef<HTMLElement>(null)
  const captionId = useId()
  const figure = (): Figure | null =>
    body.current && {
      id,
      title,
      caption,
      table,
      source,
      legend: legend.filter(({ key }) => !hidden.has(key)),
      element: body.current,
    }
  return (
    <section className="chart" aria-label={title} ref={(element) => registerFigure(id, element && figure)}>
      <header className="chart-head">
        <h2>{title}</h2>
        <div className="chart-tools">
          {toolbar}
          <ToggleButton className="segment boxed" isSelected={tabular} onChange={setTabular}>
            Table
          </ToggleButton>
          <ChartMenu title={title} figure={figure} onNote={setNote} />
        </div>
      </header>
      {!tabular && <Legend items={legend} hidden={hidden} onToggle={onToggle} />}
      <figure
        ref={body}
        className={`chart-body${tabular ? ' folded' : ''}`}
        aria-label={title}
        aria-describedby={captionId}
        inert={tabular}
      >
        {children}
      </figure>
      {tabular && <TableView title={title} table={table} />}
      <p className="chart-caption" id={captionId}>
        {caption}
      </p>
      {note && (
        <p className="note warning" role="alert">
          {note}
        </p>
      )}
    </section>
  )
}

/** A chart without data. The text says what will appear and how to get it. */
export const EmptyChart = ({ title, text }: { readonly title: string; readonly text: string }) => (
  <section className="chart" aria-label={title}>
    <header className="chart-head">
      <h2>{title}</h2>
    </header>
    <p className="chart-empty">{text}</p>
  </section>
)

interface ChartMenuProps {
  readonly title: string
  readonly figure: () => Figure | null
  readonly onNote: (note: string | null) => void
}

function ChartMenu({ title, figure, onNote }: ChartMenuProps) {
  const act = (download: (files: typeof import('./export.ts'), figure: Figure) => Promise<void>) => () => {
    const current = figure()
    if (!current) return
    onNote(null)
    import('./export.ts')
      .then((files) => download(files, current))
      .catch((error: unknown) => onNote(`The chart could not be exported: ${messageOf(error)}`))
  }
  const run = () => series.shown()
  return (
    <MenuTrigger>
      <Button className="button quiet-button" aria-label={`${title} menu`}>
        Download ▾
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu">
          <MenuItem className="menu-item" onAction={act((files, f) => files.downloadSvg(f, run()))}>
            Download SVG
          </MenuItem>
          <MenuItem className="menu-item" onAction={act((files, f) => files.downloadPng(f, run(), 2))}>
            Download PNG
          </MenuItem>
          <MenuItem className="menu-item" onAction={act((files, f) => files.downloadPng(f, run(), 3))}>
            Download PNG 3×
          </MenuItem>
          <MenuItem className="menu-item" onAction={act((files, f) => files.downloadCsv(f, run()))}>
            Download CSV
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}

/** A number with five significant digits. The CSV file has all digits. */
const readable = (cell: string | number) => (typeof cell === 'number' ? Number(cell.toPrecision(5)) : cell)

/** The table view shows this many rows, the newest. The CSV file has all rows. */
const shownRows = 200

function TableView({ title, table }: { title: string; table: ChartTable }) {
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
