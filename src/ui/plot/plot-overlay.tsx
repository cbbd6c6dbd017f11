/** The layer over a plot: the cursor, the shown moment, the values, and the zoom gesture. Positions are values of the x axis. */
import { type PointerEvent, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import type { OverlayShape } from './plot.tsx'
import { bottomMargin, margins } from './plot-scales.ts'
import { Readout, type ReadoutValue } from './readout.tsx'

interface Props extends OverlayShape {
  readonly cursor: number | null
  /** The moment that all views show; null for the newest. */
  readonly moment?: number | null
  /** The readout's title, `epoch 1.5`. */
  readonly title: string
  readonly lines: readonly ReadoutValue[]
  readonly onCursor: (x: number | null) => void
  /** Called with null to show everything. */
  readonly onZoom: (range: readonly [from: number, to: number] | null) => void
}

/** A shorter drag, in pixels, is a click and does not zoom. */
const shortest = 6

/** The zoom gesture: dragging marks shares of the plot area, from 0 to 1. `inner` is the area's width in pixels. */
function useDrag(inner: number, onRelease: (low: number, high: number) => void) {
  const [drag, setDrag] = useState<readonly [number, number] | null>(null)
  const start = useRef<number | null>(null)
  const shareAt = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    return Math.min(1, Math.max(0, (event.clientX - box.left - margins.left) / inner))
  }
  const end = () => {
    start.current = null
    setDrag(null)
  }
  return {
    drag,
    shareAt,
    end,
    isDragging: () => start.current !== null,
    begin: (event: PointerEvent<HTMLDivElement>) => {
      start.current = shareAt(event)
      event.currentTarget.setPointerCapture(event.pointerId)
    },
    move: (share: number) => {
      if (start.current !== null) setDrag([start.current, share])
    },
    release: () => {
      const [low, high] = drag ? [Math.min(...drag), Math.max(...drag)] : [0, 0]
      end()
      if ((high - low) * inner > shortest) onRelease(low, high)
    },
  }
}

/** Hovering moves the cursor. Dragging zooms. A double click shows everything. */
export function PlotOverlay(props: Props) {
  const {
    width,
    height,
    right = margins.right,
    xDomain,
    readoutPlace,
    cursor,
    moment = null,
    title,
    lines,
    ...on
  } = props
  const [from, to] = xDomain
  const inner = width - margins.left - right
  const left = (share: number) => margins.left + share * inner
  const at = (share: number) => from + share * (to - from)
  const { drag, shareAt, end, isDragging, begin, move, release } = useDrag(inner, (low, high) =>
    on.onZoom([at(low), at(high)]),
  )
  const hover = (event: PointerEvent<HTMLDivElement>) => {
    const share = shareAt(event)
    move(share)
    on.onCursor(at(share))
  }
  const bottom = height - bottomMargin(right)
  /** A vertical line at a position; nothing outside the plot. */
  const line = (className: string, position: number | null) => {
    const share = position === null ? Number.NaN : (position - from) / (to - from)
    if (!(share >= 0 && share <= 1)) return null
    return <div className={className} style={{ left: left(share), top: margins.top, height: bottom - margins.top }} />
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the table has the same numbers, and buttons zoom
    <div
      className="plot-overlay"
      onPointerMove={hover}
      onPointerDown={begin}
      onPointerUp={release}
      onPointerCancel={end}
      onPointerLeave={() => !isDragging() && on.onCursor(null)}
      onDoubleClick={() => on.onZoom(null)}
    >
      {drag && (
        <div
          className="plot-zoom"
          style={{ left: left(Math.min(...drag)), width: Math.abs(drag[1] - drag[0]) * inner, height: bottom }}
        />
      )}
      {line('plot-moment', moment)}
      {line('plot-cursor', cursor)}
      {readoutPlace && createPortal(<Readout title={title} lines={lines} />, readoutPlace)}
    </div>
  )
}
