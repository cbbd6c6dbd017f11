/** Pointer and keyboard on the heat map; marks above its cells: the selected one, the cursor's column, a tooltip. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react'
import type { Run } from '../../../runs/reduce.ts'
import { setView, useLab } from '../../../store/lab.ts'
import { columnAt } from '../../plot/moment.ts'
import { cellWidth, heatHeight, heatMargins, rowHeight } from './geometry.ts'
import { siteMean } from './model.ts'

export interface HeatPlace {
  readonly row: number
  readonly column: number
}

interface SurfaceProps {
  readonly run: Run
  readonly first: number
  readonly last: number
  readonly width: number
  readonly selected: HeatPlace
  readonly onSelect: (place: HeatPlace) => void
  /** The drawing. */
  readonly children: ReactNode
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

/** Arrow keys move the selected cell; Home and End go to the first and the newest probe. */
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
  const { selectivity, floor } = siteMean(probe.sites[row])
  return `${probe.sites[row].site} at epoch ${probe.epoch.toFixed(2)}: SI ${selectivity.toFixed(2)}, floor ${floor.toFixed(2)}`
}

export function HeatSurface({ run, first, last, width, selected, onSelect, children }: SurfaceProps) {
  const [hovered, setHovered] = useState<HeatPlace | null>(null)
  const rows = run.probes[0].sites.length
  const step = cellWidth(width, first, last)
  const place = (event: PointerEvent<HTMLElement>): HeatPlace | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const column = first + Math.floor((event.clientX - box.left - heatMargins.left) / step)
    const row = Math.floor((event.clientY - box.top - heatMargins.top) / rowHeight)
    return column >= first && column <= last && row >= 0 && row < rows ? { row, column } : null
  }
  const hover = (to: HeatPlace | null) => {
    setHovered(to)
    setView({ cursor: to && run.probes[to.column].step })
  }
  return (
    <div
      className="heat-surface"
      style={{ height: heatHeight(rows) }}
      role="application"
      aria-label={`Sites and probes; arrow keys move. ${spoken(run, selected)}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the cells are moved through by keyboard
      tabIndex={0}
      onKeyDown={(event) => {
        const next = moved(event, run, selected)
        if (!next) return
        event.preventDefault()
        onSelect(next)
      }}
      onPointerMove={(event) => hover(place(event))}
      onPointerLeave={() => hover(null)}
      onPointerUp={(event) => {
        const clicked = place(event)
        if (clicked) onSelect(clicked)
      }}
    >
      {children}
      <Cursor run={run} first={first} last={last} step={step} rows={rows} />
      {selected.column >= first && selected.column <= last && (
        <div
          className="heat-selected"
          style={{
            left: heatMargins.left + (selected.column - first) * step,
            top: heatMargins.top + selected.row * rowHeight,
            width: Math.max(4, step),
            height: rowHeight,
          }}
        />
      )}
      {hovered && <Tip run={run} place={hovered} first={first} last={last} step={step} />}
      <span className="visually-hidden" aria-live="polite">
        {spoken(run, selected)}
      </span>
    </div>
  )
}

interface CursorProps {
  readonly run: Run
  readonly first: number
  readonly last: number
  readonly step: number
  readonly rows: number
}

/** The column of the cursor that all charts share. */
function Cursor({ run, first, last, step, rows }: CursorProps) {
  const cursor = useLab((state) => state.view.cursor)
  if (cursor === null) return null
  const column = columnAt(run, cursor)
  if (column < first || column > last) return null
  const left = heatMargins.left + (column - first) * step
  return <div className="heat-cursor" style={{ left, top: heatMargins.top, width: step, height: rows * rowHeight }} />
}

interface TipProps extends Omit<CursorProps, 'rows'> {
  readonly place: HeatPlace
}

/** Beside the cell, on the side that has room. */
function Tip({ run, place, first, last, step }: TipProps) {
  const probe = run.probes[place.column]
  const site = probe.sites[place.row]
  const { selectivity, floor } = siteMean(site)
  const lines: readonly (readonly [string, string])[] = [
    ['epoch', probe.epoch.toFixed(2)],
    ['SI', selectivity.toFixed(3)],
    ['floor', floor.toFixed(3)],
    ['SI − floor', (selectivity - floor).toFixed(3)],
  ]
  const toLeft = place.column - first > 0.6 * (last - first)
  const left = heatMargins.left + (place.column - first + (toLeft ? 0 : 1)) * step
  const top = heatMargins.top + (place.row + 1) * rowHeight
  return (
    <dl className={`plot-tip${toLeft ? ' to-left' : ''}`} style={{ left, top }}>
      <dt>{site.site}</dt>
      <dd />
      {lines.map(([label, value]) => (
        <TipLine key={label} label={label} value={value} />
      ))}
    </dl>
  )
}

const TipLine = ({ label, value }: { readonly label: string; readonly value: string }) => (
  <>
    <dt>{label}</dt>
    <dd>{value}</dd>
  </>
)
