/** Axes of plain SVG drawings on d3 scales: panels and other figures that are exported as one drawing. */
import type { ScaleLinear } from 'd3-scale'

export type Scale = ScaleLinear<number, number>

/** The text of axes and notes. */
export const axisText = { fontSize: 12, fill: 'var(--ink-2)' } as const

interface YGridProps {
  readonly y: Scale
  readonly ticks: readonly number[]
  /** Width of the plot area, in pixels. */
  readonly width: number
  /** The labels left of the lines; none if null. */
  readonly format: ((value: number) => string) | null
}

/** Horizontal lines across the plot area, with labels. The line at 0 is darker. */
export const YGrid = ({ y, ticks, width, format }: YGridProps) =>
  ticks.map((tick) => (
    <g key={tick} transform={`translate(0 ${y(tick)})`}>
      <line x2={width} stroke={tick === 0 ? 'var(--line-2)' : 'var(--grid)'} />
      {format && (
        <text x={-6} dy="0.32em" textAnchor="end" {...axisText}>
          {format(tick)}
        </text>
      )}
    </g>
  ))

interface XTicksProps {
  readonly x: Scale
  readonly ticks: readonly number[]
  /** Where the ticks start, in pixels from the top of the plot area. */
  readonly top: number
  readonly format: (value: number) => string
}

/** Short ticks with labels below them. */
export const XTicks = ({ x, ticks, top, format }: XTicksProps) =>
  ticks.map((tick) => (
    <g key={tick} transform={`translate(${x(tick)} ${top})`}>
      <line y2={4} stroke="var(--line-2)" />
      <text y={16} textAnchor="middle" {...axisText}>
        {format(tick)}
      </text>
    </g>
  ))
