/** What is drawn on the time line: α, epochs, flags. */
import { ticks } from 'd3-array'
import { alphaHeight, type Flag } from './time-line-model.ts'

export const track = { top: 14, height: 28 }
export const height = 80
/** Of the probes' ticks and the checkpoints. */
export const rail = 54
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

/** Labels of the epochs, the last one with its unit. */
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
  end: 'var(--danger)',
}

export const FlagMark = ({ flag, x }: { readonly flag: Flag; readonly x: number }) => (
  <g stroke={flagColor[flag.kind]}>
    <path d={`M${x} ${track.top - 4}V4h7l-2 3 2 3h-7`} fill={flagColor[flag.kind]} strokeWidth="1" />
    <title>{`epoch ${flag.epoch.toFixed(2)}, step ${flag.step}: ${flag.text}`}</title>
  </g>
)
