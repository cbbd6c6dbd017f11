/** The frame of a plot: its drawing with grid, axes and marks. */
import { scaleLinear, scaleLog } from 'd3-scale'
import { type ReactNode, useId, useMemo } from 'react'
import { type PlotSpace, PlotSpaceContext } from './plot-space.ts'
import { axisText, XTicks, YGrid } from './svg-axes.tsx'
import type { PlotRow, YAxisModel } from './y-axis.ts'
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
  /** The drawing's accessible name. */
  readonly label: string
  /** The rows that marks draw from. Absent if every mark has its own rows. */
  readonly rows?: readonly PlotRow[]
  readonly xLabel: string
  readonly formatX: (value: number) => string
  /** Symbol and meaning of the y axis. */
  readonly yLabel: string
  readonly yAxis: YAxisModel
  readonly formatY: (value: number) => string
  /** Marks. */
  readonly children: ReactNode
}

const none: readonly PlotRow[] = []

function usePlotScales(props: Props, clip: string): PlotSpace {
  const { width, height, right = margins.right, xDomain, yAxis, rows = none } = props
  return useMemo(() => {
    const bottom = height - bottomMargin(right)
    const edges = { left: margins.left, right: width - right, top: margins.top, bottom }
    const y = yAxis.scale === 'log' ? scaleLog() : scaleLinear()
    return {
      ...edges,
      width,
      x: scaleLinear([...xDomain], [edges.left, edges.right]),
      y: y.domain([...yAxis.domain]).range([edges.bottom, edges.top]),
      clip: `url(#${clip})`,
      rows,
    }
  }, [width, height, right, xDomain, yAxis, rows, clip])
}

export function PlotFrame(props: Props) {
  const { width, height, label, children } = props
  const id = useId()
  const space = usePlotScales(props, id)
  const { left, right, top, bottom } = space
  return (
    <svg data-plot="lines" width={width} height={height} role="img" aria-label={label}>
      <clipPath id={id}>
        <rect x={left} y={top} width={Math.max(0, right - left)} height={Math.max(0, bottom - top)} />
      </clipPath>
      <Axes {...props} space={space} />
      <PlotSpaceContext value={space}>{children}</PlotSpaceContext>
    </svg>
  )
}

/** Up to seven round numbers inside the domain, as many as fit. */
const xTicks = ({ x, left, right }: PlotSpace): number[] =>
  x.ticks(Math.max(2, Math.min(7, Math.round((right - left) / 60))))

/** Ticks of the y axis that have room: every second one on a low plot. */
const yTicks = (ticks: readonly number[], inner: number): readonly number[] =>
  ticks.length * 14 <= inner ? ticks : ticks.filter((_, i) => i % 2 === 0)

function Axes({ xLabel, formatX, yLabel, yAxis, formatY, space }: Props & { readonly space: PlotSpace }) {
  const { x, y, left, right, top, bottom } = space
  return (
    <>
      <g className="y-axis" transform={`translate(${left} 0)`}>
        <YGrid y={y} ticks={yTicks(yAxis.ticks, bottom - top)} width={right - left} format={formatY} />
      </g>
      <line x1={left} x2={right} y1={bottom} y2={bottom} stroke="var(--line-2)" />
      <g className="x-axis">
        <XTicks x={x} ticks={xTicks(space)} top={bottom} format={formatX} />
      </g>
      <text x={4} y={top - 13} {...axisText}>
        {yLabel}
      </text>
      <XName name={xLabel} space={space} />
    </>
  )
}

function XName({ name, space }: { readonly name: string; readonly space: PlotSpace }) {
  const { width, right, bottom } = space
  const fits = width - right >= nameRoom
  return (
    <text x={fits ? right + 12 : right} y={bottom + (fits ? 17 : 34)} textAnchor={fits ? 'start' : 'end'} {...axisText}>
      {name}
    </text>
  )
}
