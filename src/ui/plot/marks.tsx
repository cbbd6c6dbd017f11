/** The marks of a plot: bands, lines, names at the ends of lines, the zero line. */
import { Area, Line, ReferenceDot, ReferenceLine } from 'recharts'
import { endLabels, lineEnd, pointsOf } from './end-labels.ts'
import { margins } from './plot-frame.tsx'
import type { PlotRow, YAxisModel } from './y-axis.ts'

const common = { type: 'linear', isAnimationActive: false, activeDot: false, connectNulls: true } as const

const cellOf = (key: string) => (row: PlotRow) => row[key]

/** The area between the two numbers of each row under `key`. `fill` is a CSS color. */
export const bandMark = (key: string, fill: string, fillOpacity: number) => (
  <Area {...common} key={`${key} band`} dataKey={cellOf(key)} stroke="none" fill={fill} fillOpacity={fillOpacity} />
)

export interface LineMark {
  /** The rows' key. Rows without it are skipped. */
  readonly key: string
  /** A CSS color. */
  readonly stroke: string
  readonly strokeWidth: number
  readonly strokeDasharray?: string
  readonly strokeOpacity?: number
  /** Radius of a dot at each point, in pixels; no dots if absent. */
  readonly dot?: number
}

export const lineMark = ({ key, dot, ...style }: LineMark) => (
  <Line
    {...common}
    {...style}
    key={key}
    dataKey={cellOf(key)}
    dot={dot === undefined ? false : { r: dot, strokeWidth: 0, fill: style.stroke, strokeDasharray: '' }}
  />
)

export interface EndNames<Key extends string> {
  readonly rows: readonly PlotRow[]
  /** Keys of the named lines. */
  readonly keys: readonly Key[]
  readonly xDomain: readonly [number, number]
  readonly yAxis: YAxisModel
  /** Height of the plot, in pixels. */
  readonly height: number
  readonly textOf: (key: Key) => string
  /** A CSS color. */
  readonly colorOf: (key: Key) => string
}

/** A name at the right end of each line, moved apart where the ends are close. */
export function endMarks<Key extends string>(names: EndNames<Key>) {
  const { rows, keys, xDomain, yAxis, height, textOf, colorOf } = names
  const pixels = (height - margins.top - margins.bottom) / (yAxis.domain[1] - yAxis.domain[0])
  const ends = keys.flatMap((key) => lineEnd(key, pointsOf(rows, key), xDomain) ?? [])
  return endLabels(ends, pixels).map(({ name, x, y, shift }) => (
    <ReferenceDot
      key={`${name} name`}
      x={x}
      y={y}
      r={0}
      ifOverflow="visible"
      label={{
        value: textOf(name),
        position: 'right',
        dy: shift,
        fill: colorOf(name),
        fontSize: 12,
        fontWeight: 600,
      }}
    />
  ))
}

/** The line y = 0, where the axis has a 0. */
export const zeroMark = ({ domain }: YAxisModel) =>
  domain[0] <= 0 && <ReferenceLine key="zero" y={0} stroke="var(--line-2)" />
