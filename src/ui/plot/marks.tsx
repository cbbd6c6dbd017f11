/** The marks of a plot: bands, lines, names at the ends of lines, the zero line. */
import { lineEnd, nameHeight, placeNames, pointsOf } from './end-labels.ts'
import { bandPath } from './panels.tsx'
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
  const { x, y, top, bottom } = usePlotSpace()
  const ends = keys.flatMap((key) => {
    const end = lineEnd(key, pointsOf(rows, key), xDomain)
    return end ? [{ name: key, x: x(end.x), y: y(end.y) }] : []
  })
  const placed = placeNames(ends, [top - nameHeight / 2, bottom + nameHeight / 2])
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

function ZeroLine() {
  const { left, right, y } = usePlotSpace()
  return <line x1={left} x2={right} y1={y(0)} y2={y(0)} stroke="var(--line-2)" />
}

/** The line y = 0, where the axis has a 0. */
export const zeroMark = ({ domain }: YAxisModel) => domain[0] <= 0 && <ZeroLine key="zero" />
