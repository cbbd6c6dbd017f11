/** The frame of a plot: recharts' drawing with its grid and axes. */
import { scaleLinear } from 'd3-scale'
import type { ReactNode } from 'react'
import { CartesianGrid, ComposedChart, usePlotArea, XAxis, YAxis } from 'recharts'
import type { YAxisModel } from './y-axis.ts'
import './plot.css'

/** Space around the plot area, in pixels: y labels on the left, names of lines on the right, the y axis's meaning above. */
export const margins = { left: 44, right: 60, top: 26 } as const

const tickRoom = 22
/** The x axis's name stands after the last tick, where there is room for it; else below the ticks. */
const nameRoom = 48
export const bottomMargin = (right: number): number => (right >= nameRoom ? tickRoom + 2 : tickRoom + 18)

/** The size and x domain that frame and overlay share. */
export interface PlotShape {
  readonly width: number
  readonly height: number
  /** Space for the names of lines, in pixels; `margins.right` if absent. */
  readonly right?: number
  readonly xDomain: readonly [number, number]
}

interface Props extends PlotShape {
  readonly label: string
  readonly rows: readonly object[]
  readonly xLabel: string
  readonly formatX: (value: number) => string
  /** Symbol and meaning of the y axis. */
  readonly yLabel: string
  readonly yAxis: YAxisModel
  readonly formatY: (value: number) => string
  /** recharts elements. */
  readonly children: ReactNode
}

/** Up to seven round numbers inside the domain, as many as fit. */
function xTicks([from, to]: readonly [number, number], inner: number): number[] {
  return scaleLinear()
    .domain([from, to])
    .ticks(Math.max(2, Math.min(7, Math.round(inner / 60))))
}

/** Ticks of the y axis that have room: every second one on a low plot. */
const yTicks = (ticks: readonly number[], inner: number): number[] =>
  ticks.length * 14 <= inner ? [...ticks] : ticks.filter((_, i) => i % 2 === 0)

const tick = { fill: 'var(--ink-2)', fontSize: 12 }

export function PlotFrame(props: Props) {
  const { width, height, right = margins.right, xDomain, label, rows, xLabel, formatX } = props
  const { yLabel, yAxis, formatY, children } = props
  const bottom = bottomMargin(right)
  return (
    <ComposedChart
      data={rows as object[]}
      width={width}
      height={height}
      margin={{ top: margins.top, right, bottom: bottom - tickRoom, left: 0 }}
      accessibilityLayer={false}
      title={label}
    >
      <CartesianGrid vertical={false} stroke="var(--grid)" />
      <XAxis
        dataKey="x"
        type="number"
        domain={[...xDomain]}
        allowDataOverflow
        height={tickRoom}
        tick={tick}
        tickLine={{ stroke: 'var(--line-2)' }}
        axisLine={{ stroke: 'var(--line-2)' }}
        tickFormatter={formatX}
        ticks={xTicks(xDomain, width - margins.left - right)}
      />
      <YAxis
        type="number"
        domain={[...yAxis.domain]}
        scale={yAxis.scale}
        ticks={yTicks(yAxis.ticks, height - margins.top - bottom)}
        interval={0}
        allowDataOverflow
        width={margins.left}
        tick={tick}
        tickLine={false}
        axisLine={false}
        tickFormatter={formatY}
      />
      <AxisNames x={xLabel} y={yLabel} right={right} />
      {children}
    </ComposedChart>
  )
}

/** The names of both axes, horizontal: that of y above the plot, that of x at the end of its axis. */
function AxisNames({ x, y, right }: { readonly x: string; readonly y: string; readonly right: number }) {
  const area = usePlotArea()
  if (!area) return null
  const end = area.x + area.width
  const base = area.y + area.height
  return (
    <g {...tick}>
      <text x={4} y={area.y - 13}>
        {y}
      </text>
      {right >= nameRoom ? (
        <text x={end + 12} y={base + 17}>
          {x}
        </text>
      ) : (
        <text x={end} y={base + 34} textAnchor="end">
          {x}
        </text>
      )}
    </g>
  )
}
