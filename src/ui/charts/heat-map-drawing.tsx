/** The cells, with the epochs of the probes below and a strip for α above. */
import { memo } from 'react'
import { ComposedChart, Scatter, XAxis, YAxis } from 'recharts'
import { cellWidth, heatHeight, heatMargins, rowHeight, stripHeight } from './heat-map-geometry.ts'
import { type Cell, heatValue, tickColumns } from './heat-map-model.ts'

interface DrawingProps {
  readonly cells: readonly Cell[]
  readonly sites: readonly string[]
  readonly first: number
  readonly last: number
  /** Epoch of each probe of the run. */
  readonly epochs: readonly number[]
  /** α since the probe before, for each probe of the run. */
  readonly alphas: readonly number[]
  readonly highest: number
  readonly difference: boolean
  readonly width: number
}

interface Row {
  readonly column: number
  readonly row: number
  readonly cells: readonly Cell[]
}

const axisLine = { stroke: 'var(--line-2)' }
const text = { fill: 'var(--ink-2)', fontSize: 12 }
const epochText = (epoch: number | undefined) => (epoch === undefined ? '' : String(Number(epoch.toFixed(2))))

/** One point a row and one rectangle a cell: a point a cell would cost recharts a hundred times as much. */
export const HeatDrawing = memo(function HeatDrawing(props: DrawingProps) {
  const { cells, sites, first, last, epochs, alphas, highest, difference, width } = props
  const rows = sites.map((_, row): Row => ({ column: first, row, cells: cells.filter((cell) => cell.row === row) }))
  const step = cellWidth(width, first, last)
  return (
    <ComposedChart
      data={rows}
      width={width}
      height={heatHeight(sites.length)}
      margin={{ top: heatMargins.top, right: heatMargins.right, bottom: heatMargins.bottom, left: 0 }}
      accessibilityLayer={false}
      title="Selectivity by site and probe"
    >
      <Strip alphas={alphas.slice(first, last + 1)} step={step} />
      <XAxis
        dataKey="column"
        type="number"
        domain={[first - 0.5, last + 0.5]}
        height={heatMargins.axis}
        ticks={tickColumns(first, last)}
        tickFormatter={(column: number) => epochText(epochs[column])}
        tick={text}
        tickLine={axisLine}
        axisLine={axisLine}
        label={{
          value: 'epoch of the probe (columns of equal width)',
          position: 'insideBottomRight',
          offset: -14,
          ...text,
        }}
      />
      <YAxis
        dataKey="row"
        type="number"
        domain={[-0.5, sites.length - 0.5]}
        reversed
        width={heatMargins.left}
        ticks={rows.map(({ row }) => row)}
        interval={0}
        tickFormatter={(row: number) => sites[row] ?? ''}
        tick={{ ...text, fontSize: 11 }}
        tickLine={false}
        axisLine={false}
      />
      <Scatter
        isAnimationActive={false}
        dataKey="row"
        shape={({ cx = 0, cy = 0, payload }: { cx?: number; cy?: number; payload?: Row }) => (
          <Cells x={cx - step / 2} y={cy} step={step} row={payload} highest={highest} difference={difference} />
        )}
      />
    </ComposedChart>
  )
})

interface CellsProps {
  readonly x: number
  readonly y: number
  readonly step: number
  readonly row: Row | undefined
  readonly highest: number
  readonly difference: boolean
}

/** Opacity over the surface carries the value: it stays a plain color in exported files. */
const Cells = ({ x, y, step, row, highest, difference }: CellsProps) => (
  <g fill="var(--heat-high)">
    {row?.cells.map((cell, i) => (
      <rect
        key={cell.column}
        x={x + i * step}
        y={y - rowHeight / 2}
        width={step > 3 ? step - 0.5 : step}
        height={rowHeight - 1}
        fillOpacity={heatShare(heatValue(cell, difference), highest)}
      />
    ))}
  </g>
)

/** Opacity of a value, 0.04 … 1: an empty cell still shows that it was measured. */
export const heatShare = (value: number, highest: number): number =>
  Math.round(1000 * (0.04 + 0.96 * Math.min(1, Math.max(0, value / highest)))) / 1000

/** Where α was not 0, by sign, as the shading of the other charts. */
function Strip({ alphas, step }: { readonly alphas: readonly number[]; readonly step: number }) {
  if (alphas.every((alpha) => alpha === 0)) return null
  const top = heatMargins.top - stripHeight
  return (
    <g>
      <text x={heatMargins.left - 8} y={top + 6} textAnchor="end" {...text} fontSize={11}>
        α
      </text>
      {alphas.map((alpha, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is its index
          key={i}
          x={heatMargins.left + i * step}
          y={top}
          width={alpha === 0 ? 0 : step}
          height={stripHeight - 3}
          fill={alpha < 0 ? 'var(--alpha-against)' : 'var(--alpha-for)'}
          fillOpacity={0.6}
        />
      ))}
    </g>
  )
}
