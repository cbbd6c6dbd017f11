/** A plot with a row for each arm: the seeds as faint markers, the mean with its interval, and optionally a second interval. */
import { scaleLinear } from 'd3-scale'
import { PlotArea } from '../plot/plot-area.tsx'
import { amount, type Range } from './numbers.ts'
import { markerPath, type RunStyle } from './run-style.ts'

export interface IntervalRow {
  readonly name: string
  readonly style: RunStyle
  readonly points: readonly { readonly key: string; readonly value: number }[]
  readonly mean: number
  readonly interval: Range
  /** A second interval, drawn thinner below the first. */
  readonly second?: Range
}

interface Props {
  readonly label: string
  readonly rows: readonly IntervalRow[]
  /** Label of the horizontal axis, in per cent or percentage points. */
  readonly axisLabel: string
  /** Draws a vertical line at 0. */
  readonly zero?: boolean
}

const usualRow = 44
const margins = { right: 56, top: 8, bottom: 40 } as const
/** Width of the names, in pixels; smaller on a narrow page. */
const nameRoom = (width: number) => Math.min(148, 0.28 * width)

export function IntervalPlot(props: Props) {
  const height = margins.top + props.rows.length * usualRow + margins.bottom
  return <PlotArea height={height}>{(width, tall) => <Drawing {...props} width={width} height={tall} />}</PlotArea>
}

function Drawing({ label, rows, axisLabel, zero, width, height }: Props & { width: number; height: number }) {
  const all = rows.flatMap(({ points, interval, second }) => [
    ...points.map(({ value }) => value),
    interval.lower,
    interval.upper,
    ...(second ? [second.lower, second.upper] : []),
  ])
  const known = [...all.filter(Number.isFinite), ...(zero ? [0] : [])]
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const room = Math.max(0.005, (high - low) * 0.06)
  const left = nameRoom(width)
  const x = scaleLinear([100 * (low - room), 100 * (high + room)], [left, width - margins.right]).nice(5)
  const bottom = height - margins.bottom
  const rowHeight = (bottom - margins.top) / rows.length
  const ticks = x.ticks(Math.max(3, Math.round((width - 200) / 110)))
  return (
    <svg data-plot width={width} height={height} role="img" aria-label={label} fontSize={12}>
      {ticks.map((tick) => (
        <g key={tick} transform={`translate(${x(tick)} 0)`}>
          <line y1={margins.top} y2={bottom} stroke="var(--grid)" />
          <text y={bottom + 16} textAnchor="middle" fill="var(--ink-2)">
            {String(tick).replace('-', '−')}
          </text>
        </g>
      ))}
      <line x1={left} x2={width - margins.right} y1={bottom} y2={bottom} stroke="var(--line-2)" />
      {zero && <line x1={x(0)} x2={x(0)} y1={margins.top} y2={bottom} stroke="var(--ink-2)" strokeDasharray="3 3" />}
      <text x={width - margins.right} y={bottom + 34} textAnchor="end" fill="var(--ink-2)">
        {axisLabel}
      </text>
      {rows.map((row, i) => (
        <Row
          key={row.name}
          row={row}
          left={left - 12}
          y={margins.top + (i + 0.5) * rowHeight}
          x={(share) => x(100 * share)}
        />
      ))}
    </svg>
  )
}

const short = (name: string, room: number) => {
  const longest = Math.max(4, Math.floor(room / 6.6))
  return name.length > longest ? `${name.slice(0, longest - 1)}…` : name
}

interface RowProps {
  readonly row: IntervalRow
  /** The right end of the name, in pixels. */
  readonly left: number
  readonly x: (share: number) => number
  readonly y: number
}

function Row({ row, left, x, y }: RowProps) {
  const { name, style, points, mean, interval, second } = row
  const paint = `var(${style.color})`
  return (
    <g>
      <text x={left} y={y + 4} textAnchor="end" fontWeight={600} fill={paint}>
        {short(name, left)}
      </text>
      {points.map(({ key, value }) => (
        <path
          key={key}
          d={markerPath[style.marker]}
          transform={`translate(${x(value)} ${y - 10})`}
          fill={paint}
          opacity={0.45}
        />
      ))}
      <Bar interval={interval} x={x} y={y + 4} paint={paint} width={2} />
      {second && <Bar interval={second} x={x} y={y + 14} paint={paint} width={1} />}
      {Number.isFinite(mean) && (
        <>
          <path d={markerPath[style.marker]} transform={`translate(${x(mean)} ${y + 4}) scale(1.3)`} fill={paint} />
          <text
            x={Math.max(x(mean), Number.isFinite(interval.upper) ? x(interval.upper) : 0) + 10}
            y={y + 8}
            fill="var(--ink)"
          >
            {amount(mean, 'share')}
          </text>
        </>
      )}
    </g>
  )
}

interface BarProps {
  readonly interval: Range
  readonly x: (share: number) => number
  readonly y: number
  readonly paint: string
  readonly width: number
}

function Bar({ interval: { lower, upper }, x, y, paint, width }: BarProps) {
  if (!Number.isFinite(lower) || !Number.isFinite(upper)) return null
  const [from, to] = [x(lower), x(upper)]
  return (
    <path
      d={`M${from} ${y}H${to}M${from} ${y - 4}v8M${to} ${y - 4}v8`}
      stroke={paint}
      strokeWidth={width}
      fill="none"
    />
  )
}
