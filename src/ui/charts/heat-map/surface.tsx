/** Pointer and keyboard on the heat map, and the marks above its cells: the selection and the cursor's column. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react'
import { columnAt } from '../../../runs/probe-at.ts'
import type { Run } from '../../../runs/reduce.ts'
import { lab, useLab } from '../../../store/lab.ts'
import { decimal } from '../../format.ts'
import { Readout, ReadoutLine } from '../../plot/readout.tsx'
import { cellWidth, heatHeight, heatMargins } from './geometry.ts'
import { cellIn, type HeatPlace } from './model.ts'

interface SurfaceProps {
  readonly run: Run
  /** First and last visible column. */
  readonly first: number
  readonly last: number
  readonly width: number
  /** Height of a row, in pixels. */
  readonly rowHeight: number
  readonly selected: HeatPlace
  readonly onSelect: (place: HeatPlace) => void
  /** The drawing. */
  readonly children: ReactNode
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** Arrow keys move the selected cell; Home and End move to the first and the newest probe. */
function moved({ key }: KeyboardEvent, run: Run, { row, column }: HeatPlace): HeatPlace | null {
  const [rows, columns] = [run.probes[0].sites.length, run.probes.length]
  const to = {
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    Home: { row, column: 0 },
    End: { row, column: columns - 1 },
  }[key]
  return to ? { row: clamp(to.row, 0, rows - 1), column: clamp(to.column, 0, columns - 1) } : null
}

const spoken = (run: Run, { row, column }: HeatPlace) => {
  const probe = run.probes[column]
  const { site, selectivity, floor } = probe.sites[row]
  return `${site} at epoch ${probe.epoch.toFixed(2)}: SI ${decimal(selectivity, 2)}, floor ${decimal(floor, 2)}`
}

/** The cell under the pointer, or null outside the cells. */
function placeAt(
  event: PointerEvent<HTMLElement>,
  { run, first, last, width, rowHeight }: SurfaceProps,
): HeatPlace | null {
  const box = event.currentTarget.getBoundingClientRect()
  const column = first + Math.floor((event.clientX - box.left - heatMargins.left) / cellWidth(width, first, last))
  const row = Math.floor((event.clientY - box.top - heatMargins.top) / rowHeight)
  return column <= last ? cellIn(run, { row, column }, first) : null
}

export function HeatSurface(props: SurfaceProps) {
  const { run, first, last, width, rowHeight, selected, onSelect, children } = props
  const [hovered, setHovered] = useState<HeatPlace | null>(null)
  // The run or the zoom may have changed since the pointer moved.
  const shown = hovered && hovered.column <= last ? cellIn(run, hovered, first) : null
  const rows = run.probes[0].sites.length
  const step = cellWidth(width, first, last)
  const hover = (to: HeatPlace | null) => {
    setHovered(to)
    lab.setView({ cursor: to && run.probes[to.column].step })
  }
  const press = (event: KeyboardEvent) => {
    const next = moved(event, run, selected)
    if (!next) return
    event.preventDefault()
    onSelect(next)
  }
  const click = (event: PointerEvent<HTMLElement>) => {
    const clicked = placeAt(event, props)
    if (clicked) onSelect(clicked)
  }
  return (
    <div className="plot-block">
      <CellReadout run={run} place={shown ?? selected} />
      <div
        className="heat-surface"
        style={{ height: heatHeight(rows, rowHeight) }}
        role="application"
        aria-label={`Sites and probes; arrow keys move. ${spoken(run, selected)}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move between the cells
        tabIndex={0}
        onKeyDown={press}
        onPointerMove={(event) => hover(placeAt(event, props))}
        onPointerLeave={() => hover(null)}
        onPointerUp={click}
      >
        {children}
        <Cursor run={run} first={first} last={last} step={step} height={rows * rowHeight} />
        <Selected place={selected} first={first} last={last} step={step} height={rowHeight} />
        <span className="visually-hidden" aria-live="polite">
          {spoken(run, selected)}
        </span>
      </div>
    </div>
  )
}

interface MarkProps {
  readonly first: number
  readonly last: number
  /** Width of a column and height of the mark, in pixels. */
  readonly step: number
  readonly height: number
}

function Selected({ place: { row, column }, first, last, step, height }: MarkProps & { readonly place: HeatPlace }) {
  if (column < first || column > last) return null
  const left = heatMargins.left + (column - first) * step
  const top = heatMargins.top + row * height
  return <div className="heat-selected" style={{ left, top, width: Math.max(4, step), height }} />
}

/** The column of the cursor that all charts share. */
function Cursor({ run, first, last, step, height }: MarkProps & { readonly run: Run }) {
  const cursor = useLab((state) => state.view.cursor)
  if (cursor === null) return null
  const column = columnAt(run, cursor)
  if (column < first || column > last) return null
  const left = heatMargins.left + (column - first) * step
  return <div className="heat-cursor" style={{ left, top: heatMargins.top, width: step, height }} />
}

/** The values of the cell under the pointer, else of the selected one. */
function CellReadout({ run, place }: { readonly run: Run; readonly place: HeatPlace }) {
  const probe = run.probes[place.column]
  const { site, selectivity, floor } = probe.sites[place.row]
  return (
    <ReadoutLine>
      <Readout
        title={site}
        lines={[
          { label: 'epoch', value: probe.epoch.toFixed(2) },
          { label: 'SI', value: decimal(selectivity, 3) },
          { label: 'chance floor', value: decimal(floor, 3) },
          { label: 'SI − floor', value: decimal(selectivity - floor, 3) },
        ]}
      />
    </ReadoutLine>
  )
}
