/**
 * A line with a point for each step, drawn as one path on recharts' scales. recharts' own Line holds an object for each
 * point and processes all of them at every redraw, which would be most of the page's work.
 */
import { useId } from 'react'
import { usePlotArea, useXAxisScale, useYAxisScale } from 'recharts'
import type { PlotRow } from './y-axis.ts'

export interface StepLineProps {
  readonly rows: readonly PlotRow[]
  /** The rows' key. Rows without it are skipped. */
  readonly dataKey: string
  readonly stroke: string
  readonly strokeWidth: number
  readonly strokeOpacity?: number
  readonly strokeDasharray?: string
  /** Radius of a dot at each point, in pixels; no dots if absent. */
  readonly dot?: number
}

type Scale = NonNullable<ReturnType<typeof useXAxisScale>>

/** The points in tenths of a pixel. */
function pointsOf(rows: readonly PlotRow[], key: string, x: Scale, y: Scale): (readonly [number, number])[] {
  const tenth = (value: number) => Math.round(10 * value) / 10
  return rows.flatMap((row) => {
    const value = row[key]
    if (typeof value !== 'number' || !Number.isFinite(value)) return []
    return [[tenth(Number(x(row.x))), tenth(Number(y(value)))] as const]
  })
}

export function StepLine({ rows, dataKey, dot, ...style }: StepLineProps) {
  const clip = useId()
  const x = useXAxisScale()
  const y = useYAxisScale()
  const area = usePlotArea()
  if (!x || !y || !area) return null
  const points = pointsOf(rows, dataKey, x, y)
  if (points.length === 0) return null
  return (
    <g className="step-line" data-series={dataKey}>
      <clipPath id={clip}>
        <rect x={area.x} y={area.y} width={area.width} height={area.height} />
      </clipPath>
      <path d={`M${points.map((point) => point.join()).join('L')}`} fill="none" clipPath={`url(#${clip})`} {...style} />
      {dot &&
        points.map(([cx, cy]) => (
          <circle key={cx} cx={cx} cy={cy} r={dot} fill={style.stroke} clipPath={`url(#${clip})`} />
        ))}
    </g>
  )
}
