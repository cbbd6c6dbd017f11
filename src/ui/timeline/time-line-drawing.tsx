/** The drawing of the time line: α, probes, checkpoints, and flagpoles. */
import { lastStep } from '../../runs/last-step.ts'
import type { Run } from '../../runs/reduce.ts'
import { type AlphaSpan, alphaSpans } from '../plot/alpha-spans.ts'
import { toSlider } from '../regularizer/scale.ts'
import { type Flag, spansAhead } from './time-line-model.ts'

export const pad = 12
/** Lanes from top to bottom, in pixels: α, and the rail of probes and checkpoints. */
const alphaLane = { top: 2, height: 22 }
const rail = 34
export const trackHeight = 46
const middle = alphaLane.top + alphaLane.height / 2

/** Rectangles of spans as one path, which one element draws however many changes a run has. */
function barsPath(spans: readonly AlphaSpan[], at: (step: number) => number): string {
  return spans
    .map(({ from, to, alpha }) => {
      const tall = Math.max(2, (Math.abs(toSlider(alpha)) / 100) * (alphaLane.height / 2)) * (alpha > 0 ? -1 : 1)
      const [x, end] = [at(from), at(to)]
      return `M${x.toFixed(1)} ${middle}H${Math.max(x + 1, end).toFixed(1)}v${tall.toFixed(1)}H${x.toFixed(1)}Z`
    })
    .join('')
}

interface BarsProps {
  readonly spans: readonly AlphaSpan[]
  readonly at: (step: number) => number
  readonly isPlanned?: boolean
}

/** Spans of α: below the zero line against selectivity, above it for selectivity. */
function Bars({ spans, at, isPlanned = false }: BarsProps) {
  return (['against', 'for'] as const).map((side) => {
    const color = `var(--alpha-${side})`
    const own = spans.filter(({ alpha }) => alpha < 0 === (side === 'against'))
    const look = isPlanned
      ? { fill: 'none', stroke: color, strokeDasharray: '3 2' }
      : { fill: color, fillOpacity: 0.75 }
    return <path key={side} d={barsPath(own, at)} {...look} />
  })
}

const tick = (x: number, from: number, to: number) => `M${x.toFixed(1)} ${from}V${to}`

interface RunDrawingProps {
  readonly run: Run
  readonly flags: readonly Flag[]
  /** Step → position in pixels. */
  readonly at: (step: number) => number
  readonly width: number
}

export function RunDrawing({ run, flags, at, width }: RunDrawingProps) {
  const total = Math.max(1, run.start?.totalSteps ?? 1)
  const done = at(Math.min(lastStep(run), total)) - pad
  const line = { x1: pad, x2: width - pad, stroke: 'var(--line-2)' }
  return (
    <svg width={width} height={trackHeight} aria-hidden="true">
      <line {...line} y1={middle} y2={middle} />
      <rect x={pad} width={done} y={rail - 2} height="4" fill="var(--accent)" fillOpacity="0.35" />
      <line {...line} y1={rail} y2={rail} />
      <path
        d={flags.map(({ step }) => tick(at(step), 0, rail)).join('')}
        stroke="var(--ink-2)"
        strokeOpacity="0.5"
        strokeDasharray="1 2"
      />
      <Bars spans={spansAhead(run)} at={at} isPlanned />
      <Bars spans={alphaSpans(run)} at={at} />
      <path d={run.probes.map(({ step }) => tick(at(step), rail - 7, rail + 3)).join('')} stroke="var(--ink-2)" />
      <path
        d={run.checkpoints.map(({ step }) => `M${at(step).toFixed(1)} ${rail + 7}h0`).join('')}
        stroke="var(--accent)"
        strokeWidth="5"
        strokeLinecap="round"
      />
    </svg>
  )
}
