/** Pointer and keyboard on panels. Shows the values of the nearest mark above them and lets the user choose it. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react'
import type { PanelLayout } from './panel-layout.ts'
import { Readout, ReadoutLine } from './readout.tsx'

/** A mark of a panel, by its index in the panel. */
export interface PanelPlace {
  readonly panel: number
  readonly index: number
}

type Pixel = readonly [x: number, y: number]

interface SurfaceProps {
  readonly layout: PanelLayout
  readonly label: string
  /** The marks of each panel in pixels of its plot area, by ascending x. */
  readonly marks: readonly (readonly Pixel[])[]
  /** The number of columns, if the marks are the cells of a table. */
  readonly columns?: number
  /** True if the distance to a mark counts in both directions, not only along x. */
  readonly bothWays?: boolean
  readonly spoken: (place: PanelPlace) => string
  readonly lines: (place: PanelPlace) => readonly (readonly [string, string])[]
  readonly onChoose?: (place: PanelPlace) => void
  /** The drawing. */
  readonly children: ReactNode
}

/** The largest distance from the pointer to a mark, in pixels. */
const reach = 24

function nearest(marks: readonly Pixel[], [x, y]: Pixel, bothWays: boolean): number | null {
  const distance = ([a, b]: Pixel) => (bothWays ? Math.hypot(a - x, b - y) : Math.abs(a - x))
  let best: number | null = null
  for (const [i, mark] of marks.entries()) if (best === null || distance(mark) < distance(marks[best])) best = i
  return best !== null && (!bothWays || distance(marks[best]) <= reach) ? best : null
}

const clamp = (value: number, high: number) => Math.min(high, Math.max(0, value))

type Marks = SurfaceProps['marks']

/** Moves up or down by a row of a table. Without a table, or from its first or last row, moves to the next panel. */
function vertical({ panel, index }: PanelPlace, by: 1 | -1, marks: Marks, columns: number | undefined): PanelPlace {
  const next = index + by * (columns ?? 0)
  if (columns && next >= 0 && next < marks[panel].length) return { panel, index: next }
  const other = clamp(panel + by, marks.length - 1)
  return { panel: other, index: clamp(index, Math.max(0, marks[other].length - 1)) }
}

/** The place that a key moves to, or null for other keys. Left and right move along the panel's marks. */
function moved(key: string, place: PanelPlace, marks: Marks, columns: number | undefined): PanelPlace | null {
  const { panel, index } = place
  const last = (of: number) => Math.max(0, marks[of].length - 1)
  const to: Readonly<Record<string, PanelPlace>> = {
    ArrowLeft: { panel, index: clamp(index - 1, last(panel)) },
    ArrowRight: { panel, index: clamp(index + 1, last(panel)) },
    ArrowUp: vertical(place, -1, marks, columns),
    ArrowDown: vertical(place, 1, marks, columns),
    Home: { panel, index: 0 },
    End: { panel, index: last(panel) },
  }
  return to[key] ?? null
}

export function PanelSurface(props: SurfaceProps) {
  const { layout, label, marks, columns, bothWays = false, spoken, lines, onChoose, children } = props
  const [held, setPlace] = useState<PanelPlace | null>(null)
  // The marks may have changed since the pointer moved.
  const place = held && marks[held.panel]?.[held.index] ? held : null
  const placeAt = (event: PointerEvent<HTMLElement>): PanelPlace | null => {
    const box = event.currentTarget.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const panel = layout.boxes.findIndex(
      (at) =>
        x >= at.x - 8 && x <= at.x + layout.inner.width + 8 && y >= at.y - 8 && y <= at.y + layout.inner.height + 8,
    )
    if (panel < 0) return null
    const index = nearest(marks[panel], [x - layout.boxes[panel].x, y - layout.boxes[panel].y], bothWays)
    return index === null ? null : { panel, index }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && place) onChoose?.(place)
    const next = moved(event.key, place ?? { panel: 0, index: 0 }, marks, columns)
    if (!next) return
    event.preventDefault()
    setPlace(next)
  }
  return (
    <div className="plot-block">
      <PlaceReadout lines={place && lines(place)} chooses={onChoose !== undefined} />
      <div
        className={onChoose ? 'panel-surface choosing' : 'panel-surface'}
        role="application"
        aria-label={`${label}; arrow keys move${onChoose ? ', Enter selects' : ''}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move between the marks
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => setPlace(placeAt(event))}
        onPointerLeave={() => setPlace(null)}
        onBlur={() => setPlace(null)}
        onClick={() => place && onChoose?.(place)}
      >
        {children}
        {place && <Marker layout={layout} place={place} mark={marks[place.panel][place.index]} bothWays={bothWays} />}
        <span className="visually-hidden" aria-live="polite">
          {place && spoken(place)}
        </span>
      </div>
    </div>
  )
}

interface MarkProps {
  readonly layout: PanelLayout
  readonly place: PanelPlace
  readonly mark: Pixel
}

function Marker({ layout, place, mark: [x, y], bothWays }: MarkProps & { readonly bothWays: boolean }) {
  if (bothWays) {
    const box = layout.boxes[place.panel]
    return <div className="panel-ring" style={{ left: box.x + x, top: box.y + y }} />
  }
  return layout.boxes.map((box, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a panel is its index
    <div key={i} className="plot-cursor" style={{ left: box.x + x, top: box.y, height: layout.inner.height }} />
  ))
}

interface PlaceReadoutProps {
  /** Null before a mark is pointed at. */
  readonly lines: readonly (readonly [string, string])[] | null
  readonly chooses: boolean
}

function PlaceReadout({ lines, chooses }: PlaceReadoutProps) {
  if (!lines)
    return (
      <ReadoutLine>Point at the chart or use the arrow keys for values{chooses && '; a click chooses'}.</ReadoutLine>
    )
  const [[title, note], ...rest] = lines
  return (
    <ReadoutLine>
      <Readout title={`${title} ${note}`.trim()} lines={rest.map(([label, value]) => ({ label, value }))} />
    </ReadoutLine>
  )
}
