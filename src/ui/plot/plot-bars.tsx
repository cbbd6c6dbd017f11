/** Marks of a histogram, each drawn as one path: recharts' own Bar and Line would hold and compare an element for each bin. */
import type { LineStyle } from './plot-line.tsx'
import { type PlotScales, type Point, pointAt, tenth, usePlotScales } from './plot-scales.ts'
import type { PlotRow } from './y-axis.ts'

interface MarkProps {
  readonly rows: readonly PlotRow[]
  /** The rows' key. */
  readonly dataKey: string
}

const pointsOf = (scales: PlotScales, { rows, dataKey }: MarkProps): Point[] =>
  rows.flatMap((row) => pointAt(scales, row.x, row[dataKey]))

interface BarsProps extends MarkProps {
  /** Width of a bar, in pixels. */
  readonly width: number
  /** A CSS color. */
  readonly fill: string
  readonly fillOpacity: number
}

/** Bars from zero to each value, with the row's `x` in their middle. */
export function PlotBars({ rows, dataKey, width, ...style }: BarsProps) {
  const scales = usePlotScales()
  const base = tenth(scales.y(0))
  const bars = pointsOf(scales, { rows, dataKey }).filter(([, y]) => y < base)
  const d = bars.map(([x, y]) => `M${tenth(x - width / 2)},${base}V${y}h${tenth(width)}V${base}Z`).join('')
  return d && <path data-series={dataKey} d={d} stroke="none" {...style} />
}

/** A line through all values that changes half-way between two rows. */
export function PlotSteps({ rows, dataKey, ...style }: MarkProps & LineStyle) {
  const points = pointsOf(usePlotScales(), { rows, dataKey })
  if (points.length === 0) return null
  const steps = points.slice(1).map(([x, y], i) => `H${tenth((points[i][0] + x) / 2)}V${y}`)
  const d = `M${points[0].join()}${steps.join('')}H${points[points.length - 1][0]}`
  return <path data-series={dataKey} d={d} fill="none" {...style} />
}
