/** The marks of a plot: bands, lines, names at the ends of lines, the zero line. */
import { endLabels, lineEnd, pointsOf } from './end-labels.ts'
import { bandPath } from './panels.tsx'
import { margins } from './plot-frame.tsx'
import { usePlotSpace } from './plot-space.ts'
import { StepLine } from './step-line.tsx'
import type { PlotRow, YAxisModel } from './y-axis.ts'

interface BandProps {
  readonly dataKey: string
  /** A CSS color. */
  readonly fill: string
  readonly fillOpacity: number
}

function Band({ dataKey, ...style }: BandProps) {
  const { clip, rows, x, y } = usePlotSpace()
  const bounds = rows.flatMap((row) => {
    const pair = row[dataKey]
    return Array.isArray(pair) ? [[row.x, pair[0], pair[1]] as const] : []
  })
  return <path data-series={dataKey} d={bandPath(bounds, { x, y })} clipPath={clip} {...style} />
}

/** The area between the two numbers of each row under `key`. `fill` is a CSS color. */
export const bandMark = (key: string, fill: string, fillOpacity: number) => (
  <Band key={`${key} band`} dataKey={key} fill={fill} fillOpacity={fillOpacity} />
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

export const lineMark = ({ key, ...style }: LineMark) => <StepLine key={key} dataKey={key} {...style} />

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
    <EndName key={`${name} name`} x={x} y={y} shift={shift} text={textOf(name)} fill={colorOf(name)} />
  ))
}

interface EndNameProps {
  readonly x: number
  readonly y: number
  /** Pixels down from the line's end. */
  readonly shift: number
  readonly text: string
  readonly fill: string
}

function EndName({ x, y, shift, text, fill }: EndNameProps) {
  const space = usePlotSpace()
  return (
    <text x={space.x(x) + 5} y={space.y(y) + shift} dy="0.35em" fill={fill} fontSize={12} fontWeight={600}>
      {text}
    </text>
  )
}

function ZeroLine() {
  const { left, right, y } = usePlotSpace()
  return <line x1={left} x2={right} y1={y(0)} y2={y(0)} stroke="var(--line-2)" />
}

/** The line y = 0, where the axis has a 0. */
export const zeroMark = ({ domain }: YAxisModel) => domain[0] <= 0 && <ZeroLine key="zero" />
