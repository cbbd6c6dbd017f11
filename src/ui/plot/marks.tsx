/** The marks of a plot: bands, lines, names at the ends of lines, the zero line. */
import { Area, Line, ReferenceLine, usePlotArea, useXAxisScale, useYAxisScale } from 'recharts'
import { lineEnd, nameHeight, placeNames, pointsOf } from './end-labels.ts'
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

export interface EndNamesProps<Key extends string> {
  readonly rows: readonly PlotRow[]
  /** Keys of the named lines, the most important first. */
  readonly keys: readonly Key[]
  readonly xDomain: readonly [number, number]
  readonly textOf: (key: Key) => string
  /** A CSS color. */
  readonly colorOf: (key: Key) => string
}

/** A name at the right end of each line, moved apart where the ends are close. */
export function EndNames<Key extends string>({ rows, keys, xDomain, textOf, colorOf }: EndNamesProps<Key>) {
  const [x, y, area] = [useXAxisScale(), useYAxisScale(), usePlotArea()]
  if (!x || !y || !area) return null
  const ends = keys.flatMap((key) => {
    const end = lineEnd(key, pointsOf(rows, key), xDomain)
    return end ? [{ name: key, x: Number(x(end.x)), y: Number(y(end.y)) }] : []
  })
  const placed = placeNames(ends, [area.y - nameHeight / 2, area.y + area.height + nameHeight / 2])
  return (
    <g className="end-names" fontSize={12} fontWeight={600}>
      {placed.map(({ name, x: end, at }) => (
        <text key={name} x={end + 6} y={at} dy="0.32em" fill={colorOf(name)}>
          {textOf(name)}
        </text>
      ))}
    </g>
  )
}

/** The line y = 0, where the axis has a 0. */
export const zeroMark = ({ domain }: YAxisModel) =>
  domain[0] <= 0 && <ReferenceLine key="zero" y={0} stroke="var(--line-2)" />
