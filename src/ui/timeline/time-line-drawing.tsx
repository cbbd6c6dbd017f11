/** The drawing of the time line: α, probes, checkpoints, flags and epochs. */
import { ticks } from 'd3-array'
import { lastStep } from '../../runs/last-step.ts'
import type { Run } from '../../runs/reduce.ts'
import { alphaSpans } from '../plot/alpha-spans.ts'
import { alphaHeight, type Flag, spansAhead } from './time-line-model.ts'

const track = { top: 14, height: 28 }
export const height = 80
/** Vertical position of the probes' ticks and the checkpoints, in pixels. */
const rail = 54
export const pad = 12

const alphaColor = (alpha: number) => (alpha < 0 ? 'var(--alpha-against)' : 'var(--alpha-for)')

export const Zero = ({ width }: { readonly width: number }) => (
  <line
    x1={pad}
    x2={width - pad}
    y1={track.top + track.height / 2}
    y2={track.top + track.height / 2}
    stroke="var(--line-2)"
  />
)

/** Labels of the epochs. The last one has the unit. */
export function Epochs({ epochs, width, y }: { readonly epochs: number; readonly width: number; readonly y: number }) {
  const labels = ticks(0, epochs, Math.max(2, Math.min(10, Math.floor(width / 90))))
  return (
    <g fontSize="11" fill="var(--ink-2)">
      {labels.map((epoch) => (
        <text
          key={epoch}
          x={pad + (epoch / epochs) * (width - 2 * pad)}
          y={y}
          textAnchor={epoch === 0 ? 'start' : epoch === epochs ? 'end' : 'middle'}
        >
          {epoch === labels.at(-1) ? `epoch ${epoch}` : epoch}
        </text>
      ))}
    </g>
  )
}

interface BarProps {
  readonly from: number
  readonly to: number
  readonly alpha: number
  readonly planned?: boolean
}

export function Bar({ from, to, alpha, planned = false }: BarProps) {
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

const flagColor: Readonly<Record<Flag['kind'], string>> = {
  alpha: 'var(--ink)',
  rate: 'var(--accent)',
  warning: 'var(--warning)',
  data: 'var(--warning)',
  resumed: 'var(--ink-2)',
  fork: 'var(--accent)',
  end: 'var(--danger)',
}

/** From the top of the drawing at x: a flag, or for a run that went on a line through the track. */
function flagPath(kind: Flag['kind'], x: number): string {
  // A branch that leaves the line.
  if (kind === 'fork') return `M${x} ${rail + 4}V4M${x} 16l7 -5V4`
  // A line with a gap: the run was interrupted here.
  if (kind === 'resumed') return `M${x} ${rail + 4}V30M${x} 24V4M${x - 3} 28l6 -2`
  return `M${x} ${track.top - 4}V4h7l-2 3 2 3h-7`
}

const isLine = ({ kind }: Flag) => kind === 'fork' || kind === 'resumed'

const FlagMark = ({ flag, x }: { readonly flag: Flag; readonly x: number }) => (
  <g stroke={flagColor[flag.kind]} data-flag={flag.kind}>
    <path
      d={flagPath(flag.kind, x)}
      fill={isLine(flag) ? 'none' : flagColor[flag.kind]}
      strokeWidth={isLine(flag) ? 1.5 : 1}
    />
    <title>{`epoch ${flag.epoch.toFixed(2)}, step ${flag.step}: ${flag.text}`}</title>
  </g>
)

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
  return (
    <svg width={width} height={height} aria-hidden="true">
      <Zero width={width} />
      <rect x={pad} width={done} y={rail - 2} height="4" fill="var(--accent)" fillOpacity="0.35" />
      <line x1={pad} x2={width - pad} y1={rail} y2={rail} stroke="var(--line-2)" />
      {spansAhead(run).map((span) => (
        <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} planned />
      ))}
      {alphaSpans(run).map((span) => (
        <Bar key={span.from} from={at(span.from)} to={at(span.to)} alpha={span.alpha} />
      ))}
      {run.probes.map(({ step }) => (
        <line key={step} x1={at(step)} x2={at(step)} y1={rail - 8} y2={rail + 4} stroke="var(--ink-2)" />
      ))}
      {run.checkpoints.map(({ step, file }) => (
        <circle key={file} cx={at(step)} cy={rail + 8} r="2.5" fill="var(--accent)" />
      ))}
      {flags.map((flag) => (
        <FlagMark key={`${flag.step} ${flag.kind} ${flag.text}`} flag={flag} x={at(flag.step)} />
      ))}
      <Epochs epochs={total / (run.start?.stepsPerEpoch ?? 1)} width={width} y={height - 4} />
    </svg>
  )
}
