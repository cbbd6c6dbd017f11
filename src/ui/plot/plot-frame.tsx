/**
 * The frame of a plot: recharts' drawing with its grid and axes. An axis is given to recharts again only when it has changed,
 * because recharts computes the whole chart again for a new one.
 */
import { memo, type ReactNode, useId, useMemo } from 'react'
import { CartesianGrid, ComposedChart, Line, XAxis, YAxis } from 'recharts'
import {
  type Box,
  bottomMargin,
  margins,
  nameRoom,
  type PlotShape,
  plotArea,
  plotScales,
  ScalesContext,
  tickRoom,
  xTicks,
} from './plot-scales.ts'
import type { YAxisModel } from './y-axis.ts'
import './plot.css'

interface Props extends PlotShape {
  readonly label: string
  readonly xLabel: string
  readonly formatX: (value: number) => string
  /** Symbol and meaning of the y axis. */
  readonly yLabel: string
  readonly yAxis: YAxisModel
  readonly formatY: (value: number) => string
  /** Marks of the plot. */
  readonly children: ReactNode
}

/** Ticks of the y axis that have room: every second one on a low plot. */
const yTicks = (ticks: readonly number[], inner: number): number[] =>
  ticks.length * 14 <= inner ? [...ticks] : ticks.filter((_, i) => i % 2 === 0)

// `interval={0}`: recharts need not measure the texts of ticks, because all of them have room.
const tick = { fill: 'var(--ink-2)', fontSize: 12 }
const line = { stroke: 'var(--line-2)' }
const grid = <CartesianGrid vertical={false} stroke="var(--grid)" />

/** recharts draws no axis without a mark, so there is an invisible one. */
const noRows = [
  { x: 0, y: 1 },
  { x: 1, y: 1 },
]
const noMark = <Line dataKey="y" shape={() => <g />} dot={false} activeDot={false} isAnimationActive={false} />

export function PlotFrame(props: Props) {
  const { width, height, right = margins.right, xDomain, label, xLabel, formatX } = props
  const { yLabel, yAxis, formatY, children } = props
  const clip = useId()
  const bottom = bottomMargin(right) - tickRoom
  const margin = useMemo(() => ({ top: margins.top, right, bottom, left: 0 }), [right, bottom])
  const area = plotArea({ width, height, right, xDomain })
  return (
    <ComposedChart data={noRows} width={width} height={height} margin={margin} accessibilityLayer={false} title={label}>
      {grid}
      <PlotXAxis from={xDomain[0]} to={xDomain[1]} inner={area.width} format={formatX} />
      <PlotYAxis {...yAxis} inner={area.height} format={formatY} />
      <AxisNames x={xLabel} y={yLabel} right={right} area={area} />
      <clipPath id={clip}>
        <rect {...area} />
      </clipPath>
      <ScalesContext value={plotScales({ width, height, right, xDomain }, yAxis, clip)}>{children}</ScalesContext>
      {noMark}
    </ComposedChart>
  )
}

interface XAxisProps {
  readonly from: number
  readonly to: number
  /** Length of the axis, in pixels. */
  readonly inner: number
  readonly format: (value: number) => string
}

const PlotXAxis = memo(({ from, to, inner, format }: XAxisProps) => (
  <XAxis
    dataKey="x"
    type="number"
    domain={[from, to]}
    allowDataOverflow
    height={tickRoom}
    tick={tick}
    tickLine={line}
    axisLine={line}
    tickFormatter={format}
    ticks={xTicks(from, to, inner)}
    interval={0}
  />
))

interface YAxisProps extends YAxisModel {
  /** Length of the axis, in pixels. */
  readonly inner: number
  readonly format: (value: number) => string
}

const isSame = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((one, i) => one === b[i]) : a === b

const hasSameAxis = (a: YAxisProps, b: YAxisProps): boolean =>
  isSame(a.domain, b.domain) &&
  isSame(a.ticks, b.ticks) &&
  a.scale === b.scale &&
  a.inner === b.inner &&
  a.format === b.format

const PlotYAxis = memo(
  ({ domain, ticks, scale, inner, format }: YAxisProps) => (
    <YAxis
      type="number"
      domain={[...domain]}
      scale={scale}
      ticks={yTicks(ticks, inner)}
      interval={0}
      allowDataOverflow
      width={margins.left}
      tick={tick}
      tickLine={false}
      axisLine={false}
      tickFormatter={format}
    />
  ),
  hasSameAxis,
)

interface NamesProps {
  readonly x: string
  readonly y: string
  readonly right: number
  readonly area: Box
}

/** The names of both axes, horizontal: that of y above the plot, that of x at the end of its axis. */
function AxisNames({ x, y, right, area }: NamesProps) {
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
