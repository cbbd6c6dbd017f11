/** The drawing of the heat map: the cells, the epochs of the probes below, and a strip for α above. */
import { scaleLinear } from 'd3-scale'
import { memo } from 'react'
import type { LoggedProbe } from '../../../protocol/run-events.ts'
import { heatShare } from '../../plot/heat-share.ts'
import { axisText, XTicks } from '../../plot/svg-axes.tsx'
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

const text = { ...axisText, fontSize: 11 }
const epochText = (epoch: number | undefined) => (epoch === undefined ? '' : String(Number(epoch.toFixed(2))))

/** Plain SVG: recharts would compute its whole chart again for each new column. */
export const HeatDrawing = memo(function HeatDrawing(props: DrawingProps) {
  const { probes, sites, first, last, epochs, alphas, highest, difference, width, rowHeight } = props
  const step = cellWidth(width, first, last)
  const area = { width: step * (last - first + 1), height: sites.length * rowHeight }
  const x = scaleLinear([first - 0.5, last + 0.5], [0, area.width])
  return (
    <svg
      data-plot="sites"
      width={width}
      height={heatHeight(sites.length, rowHeight)}
      role="img"
      aria-label="Selectivity by site and probe"
    >
      <Strip alphas={alphas.slice(first, last + 1)} step={step} />
      <g transform={`translate(${heatMargins.left} ${heatMargins.top})`}>
        <Cells {...{ probes, first, last, highest, difference }} rows={sites.length} area={area} />
        <SiteNames sites={sites} rowHeight={rowHeight} />
        <path d={`M0 ${area.height}H${area.width}`} stroke="var(--line-2)" />
        <XTicks
          x={x}
          ticks={tickColumns(first, last)}
          top={area.height}
          format={(column) => epochText(epochs[column])}
        />
        <text x={area.width} y={area.height + heatMargins.axis + 13} textAnchor="end" {...axisText}>
          epoch of the probe (columns of equal width)
        </text>
      </g>
    </svg>
  )
})

interface NamesProps {
  readonly sites: readonly string[]
  readonly rowHeight: number
}

const SiteNames = ({ sites, rowHeight }: NamesProps) =>
  sites.map((site, row) => (
    <text key={site} x={-6} y={(row + 0.5) * rowHeight} dy="0.32em" textAnchor="end" {...text}>
      {site}
    </text>
  ))

interface CellsProps extends Pick<DrawingProps, 'probes' | 'first' | 'last' | 'highest' | 'difference'> {
  readonly rows: number
  /** In pixels. */
  readonly area: { readonly width: number; readonly height: number }
}

/**
 * The cells, in coordinates of cells. One transform scales them to the plot, so that a new probe adds a column and changes
 * only the transform. Opacity over the surface encodes the value; exported files have a plain color.
 */
function Cells({ probes, rows, first, last, highest, difference, area }: CellsProps) {
  const columns = last - first + 1
  const width = area.width / columns > 3 ? 0.94 : 1
  const scale = `scale(${area.width / columns} ${area.height / rows})`
  return (
    <g className="heat-cells" fill="var(--heat-high)" transform={scale}>
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
      <text x={heatMargins.left - 6} y={top + 6} textAnchor="end" {...text}>
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
