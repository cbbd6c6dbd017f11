/**
 * Lines and bands of a plot, each drawn as one path. recharts' own Line and Area hold an object for each point and process all
 * of them at every redraw, which would be most of the page's work.
 */
import { type Point, pointAt, usePlotScales } from './plot-scales.ts'
import type { PlotRow } from './y-axis.ts'

export interface LineStyle {
  /** A CSS color. */
  readonly stroke: string
  readonly strokeWidth: number
  readonly strokeOpacity?: number
  readonly strokeDasharray?: string
}

export interface PlotLineProps extends LineStyle {
  readonly rows: readonly PlotRow[]
  /** The rows' key. Rows without it are skipped. */
  readonly dataKey: string
  /** Radius of a dot at each point, in pixels; no dots if absent. */
  readonly dot?: number
}

/** The `d` of a path through points. */
const through = (points: readonly Point[]) => `M${points.map((point) => point.join()).join('L')}`

export function PlotLine({ rows, dataKey, dot, ...style }: PlotLineProps) {
  const scales = usePlotScales()
  const points = rows.flatMap((row) => pointAt(scales, row.x, row[dataKey]))
  if (points.length === 0) return null
  return (
    <g className="plot-line" data-series={dataKey} clipPath={scales.clip}>
      <path d={through(points)} fill="none" {...style} />
      {dot && points.map(([x, y]) => <circle key={x} cx={x} cy={y} r={dot} fill={style.stroke} />)}
    </g>
  )
}

interface PlotBandProps {
  readonly rows: readonly PlotRow[]
  /** The rows' key, with the lower and the upper end of the band. Rows without it are skipped. */
  readonly dataKey: string
  /** A CSS color. */
  readonly fill: string
  readonly fillOpacity: number
}

export function PlotBand({ rows, dataKey, ...style }: PlotBandProps) {
  const scales = usePlotScales()
  const ends = rows.flatMap((row) => {
    const band = row[dataKey]
    if (!Array.isArray(band)) return []
    const [[low], [high]] = band.map((end) => pointAt(scales, row.x, end))
    return low && high ? [{ low, high }] : []
  })
  if (ends.length === 0) return null
  const outline = [...ends.map(({ high }) => high), ...ends.map(({ low }) => low).reverse()]
  return <path data-series={dataKey} d={`${through(outline)}Z`} stroke="none" clipPath={scales.clip} {...style} />
}
