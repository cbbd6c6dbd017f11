/** Distribution of a site's units over SI: bars, with the chance floor as an outline. */
import type { SiteProbe } from '../../../protocol/run-events.ts'
import { Legend } from '../../figure/legend.tsx'
import { useHidden } from '../../figure/use-hidden.ts'
import { lineStyle } from '../../plot/modules.ts'
import { PlotArea } from '../../plot/plot-area.tsx'
import { PlotBars, PlotSteps } from '../../plot/plot-bars.tsx'
import { PlotFrame } from '../../plot/plot-frame.tsx'
import { margins } from '../../plot/plot-scales.ts'
import { axisFromZero, type YAxisModel } from '../../plot/y-axis.ts'
import { binWidth, histogram } from './model.ts'

const height = 150
/** Height of the figure with its legend, in pixels. */
export const distributionHeight = height + 24
const right = 12

/** Units are counted, so the axis has whole numbers only. */
function countAxis(counts: readonly number[]): YAxisModel {
  const axis = axisFromZero(counts)
  return { ...axis, ticks: axis.ticks.filter(Number.isInteger) }
}

export function Distribution({ site }: { readonly site: SiteProbe }) {
  const [hidden, toggle] = useHidden()
  const { color } = lineStyle(site.module)
  const rows = histogram(site.selectivity, site.floor)
  return (
    <figure aria-label={`Distribution of selectivity over the units of ${site.site}`}>
      <Legend
        items={[
          { key: 'units', label: 'units', color, shape: 'band' },
          { key: 'floor', label: 'shuffled labels', color: '--floor', dash: '3 2', shape: 'line' },
        ]}
        hidden={hidden}
        onToggle={toggle}
      />
      <PlotArea height={height}>
        {(width) => (
          <PlotFrame
            label={`Units of ${site.site} by SI`}
            width={width}
            height={height}
            right={right}
            xDomain={[0, 1]}
            xLabel="class selectivity index SI"
            formatX={String}
            yLabel="number of units"
            yAxis={countAxis(rows.flatMap(({ units, floor }) => [units, floor]))}
            formatY={String}
          >
            {!hidden.has('units') && (
              <PlotBars
                rows={rows}
                dataKey="units"
                width={Math.max(2, (width - margins.left - right) * binWidth - 1)}
                fill={`var(${color})`}
                fillOpacity={0.75}
              />
            )}
            {!hidden.has('floor') && (
              <PlotSteps rows={rows} dataKey="floor" stroke="var(--floor)" strokeWidth={1.5} strokeDasharray="3 2" />
            )}
          </PlotFrame>
        )}
      </PlotArea>
    </figure>
  )
}
