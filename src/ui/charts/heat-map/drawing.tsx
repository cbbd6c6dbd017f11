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

const epochText = (epoch: number | undefined) => (epoch === undefined ? '' : String(Number(epoch.toFixed(2))))

export const HeatDrawing = memo(function HeatDrawing(props: DrawingProps) {
  const { probes, sites, first, last, epochs, alphas, highest, difference, width, rowHeight } = props
  const step = cellWidth(width, first, last)
  const right = width - heatMargins.right
  const bottom = heatMargins.top + sites.length * rowHeight
  const height = heatHeight(sites.length, rowHeight)
  const cells = { probes, first, last, highest, difference, step, rowHeight }
  return (
    <svg data-plot="sites" width={width} height={height} role="img" aria-label="Selectivity by site and probe">
      <Strip alphas={alphas.slice(first, last + 1)} step={step} />
      <SiteNames sites={sites} rowHeight={rowHeight} />
      <line x1={heatMargins.left} x2={right} y1={bottom} y2={bottom} stroke="var(--line-2)" />
      <XTicks
        x={scaleLinear([first - 0.5, last + 0.5], [heatMargins.left, right])}
        ticks={tickColumns(first, last)}
        top={bottom}
        format={(column) => epochText(epochs[column])}
      />
      <text x={right} y={height - 4} textAnchor="end" {...axisText}>
        epoch of the probe (columns of equal width)
      </text>
      <Cells {...cells} />
    </svg>
  )
})

const SiteNames = ({ sites, rowHeight }: Pick<DrawingProps, 'sites' | 'rowHeight'>) =>
  sites.map((site, row) => (
    <text
      key={site}
      x={heatMargins.left - 8}
      y={heatMargins.top + (row + 0.5) * rowHeight}
      dy="0.35em"
      textAnchor="end"
      {...axisText}
      fontSize={11}
    >
      {site}
    </text>
  ))

interface CellsProps extends Pick<DrawingProps, 'probes' | 'first' | 'last' | 'highest' | 'difference' | 'rowHeight'> {
  /** Width of a column, in pixels. */
  readonly step: number
}

/**
 * The cells, in coordinates of cells. One transform scales them to the plot, so that a new probe adds a column and changes
 * only the transform. Opacity over the surface encodes the value; exported files have a plain color.
 */
function Cells({ probes, step, first, last, highest, difference, rowHeight }: CellsProps) {
  const width = step > 3 ? 0.94 : 1
  const place = `translate(${heatMargins.left} ${heatMargins.top}) scale(${step} ${rowHeight})`
  return (
    <g className="heat-cells" fill="var(--heat-high)" transform={place}>
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
      <text x={heatMargins.left - 8} y={top + 6} textAnchor="end" {...axisText} fontSize={11}>
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
