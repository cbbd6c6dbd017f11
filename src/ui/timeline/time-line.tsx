/** The bottom line: what happened when, the applied α, and the moment that all views show. */
import { type KeyboardEvent, type PointerEvent, useMemo, useRef } from 'react'
import { Button } from 'react-aria-components'
import type { Run } from '../../runs/reduce.ts'
import { setView, useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import { alphaSpans } from '../charts/alpha-spans.ts'
import { columnAt } from '../charts/heat-map-model.ts'
import { useWidth } from '../charts/use-width.ts'
import { lastStep } from '../charts/x-axis.ts'
import { alphaHeight, type Flag, flagsOf, nearestProbe, plannedSpans } from './time-line-model.ts'
import './time-line.css'

const track = { top: 14, height: 28 }
const height = 66
const pad = 12

const alphaColor = (alpha: number) => (alpha < 0 ? 'var(--alpha-against)' : 'var(--alpha-for)')

export function TimeLine() {
  const { run, version } = useRun()
  return (
    <section className="time-region" aria-label="Time line">
      {run?.start ? <Started run={run} version={version} /> : <Planned />}
    </section>
  )
}

/** Before a run: the schedule, as planned. */
function Planned() {
  const { schedule } = useLab((state) => state.config.regularizer)
  const epochs = useLab((state) => state.config.train.epochs)
  const [width, ref] = useWidth()
  const at = (step: number) => pad + (step / epochs) * (width - 2 * pad)
  const spans = plannedSpans(schedule, 1, epochs)
  return (
    <>
      <p className="quiet">
        {spans.length > 0
          ? 'The planned α over the epochs.'
          : 'Probes, checkpoints, the applied α and every change appear here while the network trains.'}
      </p>
      <div ref={ref} className="time-track" style={{ height: 56 }}>
        {width > 0 && (
          <svg
            width={width}
            height="56"
            role="img"
            aria-label={`Planned α: ${spans.map(({ from, to, alpha }) => `${alpha} from epoch ${from} to ${to}`).join(', ') || 'none'}`}
          >
            <Zero width={width} />
            {spans.map((span) => (
              <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} planned />
            ))}
          </svg>
        )}
      </div>
    </>
  )
}

const Zero = ({ width }: { readonly width: number }) => (
  <line
    x1={pad}
    x2={width - pad}
    y1={track.top + track.height / 2}
    y2={track.top + track.height / 2}
    stroke="var(--line-2)"
  />
)

interface BarProps {
  readonly from: number
  readonly to: number
  readonly alpha: number
  readonly planned?: boolean
}

function Bar({ from, to, alpha, planned = false }: BarProps) {
  const middle = track.top + track.height / 2
  const tall = Math.abs(alphaHeight(alpha)) * (track.height / 2)
  const look = planned
    ? { fill: 'none', stroke: alphaColor(alpha), strokeDasharray: '3 2' }
    : { fill: alphaColor(alpha), fillOpacity: 0.7 }
  return (
    <rect
      x={from}
      width={Math.max(1, to - from)}
      y={alpha > 0 ? middle - tall : middle}
      height={Math.max(2, tall)}
      {...look}
    />
  )
}

function Started({ run, version }: { readonly run: Run; readonly version: number }) {
  const [width, ref] = useWidth()
  const total = Math.max(1, run.start?.totalSteps ?? 1)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run only grows; its version says when
  const flags = useMemo(() => flagsOf(run), [run, version])
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const applied = useMemo(() => alphaSpans(run), [run, version])
  const at = (step: number) => pad + (step / total) * (width - 2 * pad)
  const done = lastStep(run)
  const planned = plannedSpans(run.start?.config.regularizer.schedule ?? [], run.start?.stepsPerEpoch ?? 1, total)
  const ahead = planned.flatMap((span) =>
    span.to > done && !run.end ? [{ ...span, from: Math.max(done, span.from) }] : [],
  )
  return (
    <>
      <div className="time-head">
        <h2>Time line</h2>
        <span className="quiet">
          <span className="time-key time-key-probe">probes</span>{' '}
          <span className="time-key time-key-checkpoint">checkpoints</span>{' '}
          <span className="time-key time-key-against">α &lt; 0</span>{' '}
          <span className="time-key time-key-for">α &gt; 0</span>
        </span>
        <Moment run={run} />
      </div>
      <div ref={ref} className="time-track" style={{ height }}>
        {width > 0 && (
          <svg width={width} height={height} aria-hidden="true">
            <Zero width={width} />
            <rect
              x={pad}
              width={at(Math.min(done, total)) - pad}
              y={height - 14}
              height="4"
              fill="var(--accent)"
              fillOpacity="0.35"
            />
            <line x1={pad} x2={width - pad} y1={height - 12} y2={height - 12} stroke="var(--line-2)" />
            {ahead.map((span) => (
              <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} planned />
            ))}
            {applied.map((span) => (
              <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} />
            ))}
            {run.probes.map(({ step }) => (
              <line key={step} x1={at(step)} x2={at(step)} y1={height - 22} y2={height - 8} stroke="var(--ink-2)" />
            ))}
            {run.checkpoints.map(({ step, file }) => (
              <circle key={file} cx={at(step)} cy={height - 5} r="2.5" fill="var(--accent)" />
            ))}
            {flags.map((flag) => (
              <FlagMark key={`${flag.step} ${flag.kind} ${flag.text}`} flag={flag} x={at(flag.step)} />
            ))}
          </svg>
        )}
        {width > 0 && <Marker run={run} at={at} stepAt={(x) => ((x - pad) / (width - 2 * pad)) * total} />}
      </div>
      <details className="time-events">
        <summary>
          {flags.length === 0 ? 'No events yet' : `${flags.length} event${flags.length === 1 ? '' : 's'}`}
        </summary>
        <ol>
          {flags.map(({ step, epoch, kind, text }) => (
            <li key={`${step} ${kind} ${text}`}>
              epoch {epoch.toFixed(2)}, step {step}: {text}
            </li>
          ))}
        </ol>
      </details>
    </>
  )
}

const flagColor: Readonly<Record<Flag['kind'], string>> = {
  alpha: 'var(--ink)',
  rate: 'var(--accent)',
  warning: 'var(--warning)',
  end: 'var(--danger)',
}

const FlagMark = ({ flag, x }: { readonly flag: Flag; readonly x: number }) => (
  <g stroke={flagColor[flag.kind]}>
    <path d={`M${x} ${track.top - 4}V4h7l-2 3 2 3h-7`} fill={flagColor[flag.kind]} strokeWidth="1" />
    <title>{`epoch ${flag.epoch.toFixed(2)}, step ${flag.step}: ${flag.text}`}</title>
  </g>
)

/** Which moment the views show, and the way back to the newest. */
function Moment({ run }: { readonly run: Run }) {
  const moment = useLab((state) => state.view.moment)
  if (run.probes.length === 0) return null
  const probe = run.probes[columnAt(run, moment)]
  return (
    <span className="time-moment">
      Views show epoch {probe.epoch.toFixed(2)}
      <Button className="button quiet-button" isDisabled={moment === null} onPress={() => setView({ moment: null })}>
        Follow newest
      </Button>
    </span>
  )
}

interface MarkerProps {
  readonly run: Run
  readonly at: (step: number) => number
  readonly stepAt: (x: number) => number
}

/** The draggable marker: a slider over the probes. */
function Marker({ run, at, stepAt }: MarkerProps) {
  const moment = useLab((state) => state.view.moment)
  const dragging = useRef(false)
  if (run.probes.length === 0) return null
  const column = columnAt(run, moment)
  const last = run.probes.length - 1
  const probe = run.probes[column]
  const go = (to: number) => setView({ moment: to >= last ? null : run.probes[Math.max(0, to)].step })
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect()
    if (box) setView({ moment: nearestProbe(run, stepAt(event.clientX - box.left)) })
  }
  const key = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: column - 1,
      ArrowDown: column - 1,
      ArrowRight: column + 1,
      ArrowUp: column + 1,
      Home: 0,
      End: last,
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    go(to)
  }
  return (
    <div
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
      onPointerDown={(event) => {
        dragging.current = true
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={(event) => dragging.current && drag(event)}
      onPointerUp={() => {
        dragging.current = false
      }}
    />
  )
}
