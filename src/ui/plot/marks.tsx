/** The marks of a plot: bands, lines, names at the ends of lines, the zero line, the fork, the shading of α. */
import type { AlphaSpan } from './alpha-spans.ts'
import { lineEnd, nameHeight, placeNames, pointsOf } from './end-labels.ts'
import { type LineStyle, PlotBand, PlotLine } from './plot-line.tsx'
import { usePlotScales } from './plot-scales.ts'
import type { PlotRow } from './y-axis.ts'

/** The area between the two numbers of each row under `key`. `fill` is a CSS color. */
export const bandMark = (rows: readonly PlotRow[], key: string, fill: string, fillOpacity: number) => (
  <PlotBand key={`${key} band`} rows={rows} dataKey={key} fill={fill} fillOpacity={fillOpacity} />
)

export interface LineMark extends LineStyle {
  /** The rows' key. Rows without it are skipped. */
  readonly key: string
  /** Radius of a dot at each point, in pixels; no dots if absent. */
  readonly dot?: number
}

export const lineMark = (rows: readonly PlotRow[], { key, ...style }: LineMark) => (
  <PlotLine key={key} rows={rows} dataKey={key} {...style} />
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
  const { x, y, area } = usePlotScales()
  const ends = keys.flatMap((key) => {
    const end = lineEnd(key, pointsOf(rows, key), xDomain)
    return end ? [{ name: key, x: x(end.x), y: y(end.y) }] : []
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
export function ZeroMark() {
  const { y, area } = usePlotScales()
  const at = y(0)
  if (!(at >= area.y && at <= area.y + area.height)) return null
  return <line x1={area.x} x2={area.x + area.width} y1={at} y2={at} stroke="var(--line-2)" />
}

/** Where the curves of a fork leave those of its parent. */
export function ForkMark({ at }: { readonly at: number }) {
  const { x, area } = usePlotScales()
  const left = x(at)
  if (!(left >= area.x && left <= area.x + area.width)) return null
  return (
    <g>
      <line x1={left} x2={left} y1={area.y} y2={area.y + area.height} stroke="var(--ink-2)" strokeDasharray="4 3" />
      <text x={left - 5} y={area.y + 14} textAnchor="end" fill="var(--ink-2)" fontSize={12}>
        fork
      </text>
    </g>
  )
}

interface ShadingProps {
  /** Spans of steps. */
  readonly spans: readonly AlphaSpan[]
  /** Step → position on the x axis. */
  readonly at: (step: number) => number
}

/** The spans of steps with α ≠ 0, in a color for its sign. */
export function Shading({ spans, at }: ShadingProps) {
  const { x, area, clip } = usePlotScales()
  return (
    <g className="alpha-spans" fillOpacity={0.1} clipPath={clip}>
      {spans.map(({ from, to, alpha }) => (
        <rect
          key={from}
          {...area}
          x={x(at(from))}
          width={Math.max(0, x(at(to)) - x(at(from)))}
          fill={alpha < 0 ? 'var(--alpha-against)' : 'var(--alpha-for)'}
        />
      ))}
    </g>
  )
}
