/** The track of a run on the time line: its flags and drawing, the pointer and keyboard on it, and the marker of the shown moment. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, type RefObject, useRef } from 'react'
import { lastStep } from '../../runs/last-step.ts'
import { columnAt, momentOfColumn, nearestColumn } from '../../runs/probe-at.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab, useLab } from '../../store/lab.ts'
import { stopPlaying } from '../../store/playback.ts'
import { PlotArea } from '../plot/plot-area.tsx'
import { EpochAxis } from './epoch-axis.tsx'
import { Flags } from './flags.tsx'
import { pad, RunDrawing } from './time-line-drawing.tsx'
import type { Flag } from './time-line-model.ts'

interface RunTrackProps {
  readonly run: Run
  readonly flags: readonly Flag[]
}

export function RunTrack({ run, flags }: RunTrackProps) {
  const total = Math.max(1, run.start?.totalSteps ?? 1)
  return (
    <PlotArea>
      {(width) => {
        const inner = width - 2 * pad
        const at = (step: number) => pad + (step / total) * inner
        return (
          <>
            <Flags run={run} flags={flags} at={at} width={width} />
            <Track run={run} at={at} stepAt={(x) => ((x - pad) / inner) * total}>
              <RunDrawing run={run} flags={flags} at={at} width={width} />
              <EpochAxis epochs={total / (run.start?.stepsPerEpoch ?? 1)} width={width} pad={pad} />
            </Track>
          </>
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
    if (run.probes.length > 0) lab.setView({ moment: momentOfColumn(run, nearestColumn(run, stepOf(event))) })
  }
  const press = (event: PointerEvent<HTMLDivElement>) => {
    dragging.current = true
    event.currentTarget.setPointerCapture(event.pointerId)
    event.preventDefault()
    marker.current?.focus({ preventScroll: true })
    stopPlaying()
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
      <Cursor run={run} at={at} />
      <Marker run={run} at={at} marker={marker} />
    </div>
  )
}

function Cursor({ run, at }: Pick<TrackProps, 'run' | 'at'>) {
  const cursor = useLab((state) => state.view.cursor)
  if (cursor === null) return null
  const epoch = cursor / (run.start?.stepsPerEpoch ?? 1)
  return (
    <div className="time-cursor" style={{ left: at(cursor) }}>
      <span aria-hidden="true">{epoch.toFixed(2)}</span>
    </div>
  )
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
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    lab.setView({ moment: momentOfColumn(run, to) })
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
