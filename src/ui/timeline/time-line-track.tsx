/** The track of a run on the time line: its drawing, the pointer and keyboard on it, and the marker of the shown moment. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, type RefObject, useRef } from 'react'
import { lastStep } from '../../runs/last-step.ts'
import { columnAt } from '../../runs/probe-at.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab, useLab } from '../../store/lab.ts'
import { PlotArea } from '../plot/plot-area.tsx'
import { height, pad, RunDrawing } from './time-line-drawing.tsx'
import { type Flag, nearestProbe } from './time-line-model.ts'

interface RunTrackProps {
  readonly run: Run
  readonly flags: readonly Flag[]
}

export function RunTrack({ run, flags }: RunTrackProps) {
  const total = Math.max(1, run.start?.totalSteps ?? 1)
  return (
    <PlotArea height={height}>
      {(width) => {
        const inner = width - 2 * pad
        const at = (step: number) => pad + (step / total) * inner
        return (
          <Track run={run} at={at} stepAt={(x) => ((x - pad) / inner) * total}>
            <RunDrawing run={run} flags={flags} at={at} width={width} />
          </Track>
        )
      }}
    </PlotArea>
  )
}

interface TrackProps {
  readonly run: Run
  /** Step → position in pixels, and back. */
  readonly at: (step: number) => number
  readonly stepAt: (x: number) => number
  readonly children: ReactNode
}

/** Hovering moves the cursor of all charts. Pressing or dragging moves the marker to the nearest probe. */
function Track({ run, at, stepAt, children }: TrackProps) {
  const dragging = useRef(false)
  const marker = useRef<HTMLDivElement>(null)
  const stepOf = (event: PointerEvent<HTMLDivElement>) =>
    Math.min(
      lastStep(run),
      Math.max(0, Math.round(stepAt(event.clientX - event.currentTarget.getBoundingClientRect().left))),
    )
  const go = (event: PointerEvent<HTMLDivElement>) => {
    if (run.probes.length > 0) lab.setView({ moment: nearestProbe(run, stepOf(event)) })
  }
  const press = (event: PointerEvent<HTMLDivElement>) => {
    dragging.current = true
    event.currentTarget.setPointerCapture(event.pointerId)
    event.preventDefault()
    marker.current?.focus({ preventScroll: true })
    go(event)
  }
  const move = (event: PointerEvent<HTMLDivElement>) => {
    lab.setView({ cursor: stepOf(event) })
    if (dragging.current) go(event)
  }
  const release = () => {
    dragging.current = false
  }
  return (
    <div
      className="time-track"
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
      onPointerLeave={() => lab.setView({ cursor: null })}
    >
      {children}
      <Cursor at={at} />
      <Marker run={run} at={at} marker={marker} />
    </div>
  )
}

function Cursor({ at }: { readonly at: (step: number) => number }) {
  const cursor = useLab((state) => state.view.cursor)
  return cursor === null ? null : <div className="time-cursor" style={{ left: at(cursor) }} />
}

interface MarkerProps {
  readonly run: Run
  readonly at: (step: number) => number
  readonly marker: RefObject<HTMLDivElement | null>
}

/** The probe that a key moves the slider to. */
const columnOfKey = (key: string, column: number, last: number): number | undefined =>
  ({ ArrowLeft: column - 1, ArrowDown: column - 1, ArrowRight: column + 1, ArrowUp: column + 1, Home: 0, End: last })[
    key
  ]

/** A slider over the probes, at the moment that the views show. */
function Marker({ run, at, marker }: MarkerProps) {
  const moment = useLab((state) => state.view.moment)
  if (run.probes.length === 0) return null
  const column = columnAt(run, moment)
  const last = run.probes.length - 1
  const probe = run.probes[column]
  const key = (event: KeyboardEvent) => {
    const to = columnOfKey(event.key, column, last)
    if (to === undefined) return
    event.preventDefault()
    lab.setView({ moment: to >= last ? null : run.probes[Math.max(0, to)].step })
  }
  return (
    <div
      ref={marker}
      className="time-marker"
      style={{ left: at(probe.step) }}
      role="slider"
      tabIndex={0}
      aria-label="Moment shown"
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={column}
      aria-valuetext={`epoch ${probe.epoch.toFixed(2)}, step ${probe.step}`}
      onKeyDown={key}
    />
  )
}
