/** The drawing of the heat map: the cells, the epochs of the probes below, and a strip for α above. */
import { memo } from 'react'
import { ComposedChart, Line, usePlotArea, XAxis, YAxis } from 'recharts'
import type { LoggedProbe } from '../../../protocol/run-events.ts'
import { heatShare } from '../../plot/heat-share.ts'
import { cellWidth, heatHeight, heatMargins, stripHeight } from './geometry.ts'
import { heatValue, tickColumns } from './model.ts'

interface DrawingProps {
  readonly probes: readonly LoggedProbe[]
  readonly sites: readonly string[]
  readonly first: number
  readonly last: number
  /** Epoch of each probe of the run. */
  readonly epochs: readonly number[]
  /** α since the previous probe, for each probe of the run. */
  readonly alphas: readonly number[]
  readonly highest: number
  readonly difference: boolean
  readonly width: number
  /** Height of a row, in pixels. */
  readonly rowHeight: number
}

const axisLine = { stroke: 'var(--line-2)' }
const text = { fill: 'var(--ink-2)', fontSize: 12 }
const epochText = (epoch: number | undefined) => (epoch === undefined ? '' : String(Number(epoch.toFixed(2))))

export const HeatDrawing = memo(function HeatDrawing(props: DrawingProps) {
  const { probes, sites, first, last, epochs, alphas, highest, difference, width, rowHeight } = props
  const step = cellWidth(width, first, last)
  return (
    <ComposedChart
      data={[
        { column: first, row: 0 },
        { column: last, row: sites.length - 1 },
      ]}
      width={width}
      height={heatHeight(sites.length, rowHeight)}
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
        ticks={[...sites.keys()]}
        interval={0}
        tickFormatter={(row: number) => sites[row] ?? ''}
        tick={{ ...text, fontSize: 11 }}
        tickLine={false}
        axisLine={false}
      />
      {/* recharts draws no axis without something on it. */}
      <Line dataKey="row" shape={() => <g />} dot={false} activeDot={false} isAnimationActive={false} />
      <Cells probes={probes} rows={sites.length} first={first} last={last} highest={highest} difference={difference} />
    </ComposedChart>
  )
})

type CellsProps = Pick<DrawingProps, 'probes' | 'first' | 'last' | 'highest' | 'difference'> & { readonly rows: number }

/**
 * The cells, in coordinates of cells. One transform scales them to the plot, so that a new probe adds a column and changes
 * only the transform. Opacity over the surface encodes the value; exported files have a plain color.
 */
function Cells({ probes, rows, first, last, highest, difference }: CellsProps) {
  const area = usePlotArea()
  if (!area) return null
  const columns = last - first + 1
  const width = area.width / columns > 3 ? 0.94 : 1
  const scale = `scale(${area.width / columns} ${area.height / rows})`
  return (
    <g className="heat-cells" fill="var(--heat-high)" transform={`translate(${area.x} ${area.y}) ${scale}`}>
      {probes.slice(first, last + 1).map((probe, i) => (
        <Column key={probe.step} probe={probe} at={i} width={width} highest={highest} difference={difference} />
      ))}
    </g>
  )
}

interface ColumnProps extends Pick<CellsProps, 'highest' | 'difference'> {
  readonly probe: LoggedProbe
  readonly at: number
  readonly width: number
}

const Column = memo(({ probe, at, width, highest, difference }: ColumnProps) =>
  probe.sites.map((site, row) => (
    <rect
      key={site.site}
      x={at}
      y={row}
      width={width}
      height={0.94}
      fillOpacity={heatShare(heatValue(site, difference), highest)}
    />
  )),
)

/** Marks the columns with α ≠ 0 by sign, in the colors of the other charts' shading. */
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
