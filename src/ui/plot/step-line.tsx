/** A line through the values of rows, drawn as one path, however many rows there are. */
import { tenth, usePlotSpace } from './plot-space.ts'
import type { PlotRow } from './y-axis.ts'

export interface StepLineProps {
  /** The rows of the plot if absent. */
  readonly rows?: readonly PlotRow[]
  /** The rows' key. Rows without it are skipped. */
  readonly dataKey: string
  readonly stroke: string
  readonly strokeWidth: number
  readonly strokeOpacity?: number
  readonly strokeDasharray?: string
  /** Radius of a dot at each point, in pixels; no dots if absent. */
  readonly dot?: number
  /** Draws stairs whose steps are centered at the points. */
  readonly stairs?: boolean
}

type Pixels = readonly [x: number, y: number]

const straight = (points: readonly Pixels[]): string => `M${points.map((point) => point.join()).join('L')}`

/** Changes the height half-way between two points. */
const stairsThrough = (points: readonly Pixels[]): string =>
  points.map(([x, y], i) => (i === 0 ? `M${x},${y}` : `H${tenth((points[i - 1][0] + x) / 2)}V${y}H${x}`)).join('')

export function StepLine({ rows: own, dataKey, dot, stairs = false, ...style }: StepLineProps) {
  const { x, y, left, right, clip, rows } = usePlotSpace()
  const points = (own ?? rows).flatMap((row): Pixels[] => {
    const value = row[dataKey]
    if (typeof value !== 'number' || !Number.isFinite(value)) return []
    return [[tenth(x(row.x)), tenth(y(value))]]
  })
  if (points.length === 0) return null
  return (
    <g className="step-line" data-series={dataKey}>
      <path d={(stairs ? stairsThrough : straight)(points)} fill="none" clipPath={clip} {...style} />
      {dot &&
        points
          .filter(([at]) => at >= left && at <= right)
          .map(([cx, cy]) => <circle key={cx} cx={cx} cy={cy} r={dot} fill={style.stroke} />)}
    </g>
  )
}
