/** Distribution of a site's units over SI: bars, with the chance floor's outline. */

import { Bar, ComposedChart, Line, XAxis, YAxis } from 'recharts'
import type { SiteProbe } from '../../../protocol/run-events.ts'
import { type ModuleName, moduleStyle } from '../../plot/modules.ts'
import { useWidth } from '../../plot/use-width.ts'
import { binWidth, histogram } from './model.ts'

export function Distribution({ site }: { readonly site: SiteProbe }) {
  const [width, ref] = useWidth()
  const rows = histogram(site.selectivity, site.floor)
  const color = `var(${moduleStyle[site.module as ModuleName]?.color ?? '--accent'})`
  const tick = { fill: 'var(--ink-2)', fontSize: 11 }
  return (
    <figure aria-label={`Distribution of selectivity over the units of ${site.site}`}>
      <div className="plot" ref={ref} style={{ height: 150 }}>
        {width > 0 && (
          <ComposedChart
            data={rows}
            width={width}
            height={150}
            margin={{ top: 8, right: 8, bottom: 14, left: 0 }}
            barCategoryGap={0}
            accessibilityLayer={false}
          >
            <XAxis
              dataKey="x"
              type="number"
              domain={[0, 1]}
              ticks={[0, 0.25, 0.5, 0.75, 1]}
              tick={tick}
              tickLine={false}
              axisLine={{ stroke: 'var(--line-2)' }}
              height={20}
              label={{ value: 'SI', position: 'insideBottomRight', offset: -8, fill: 'var(--ink-2)', fontSize: 11 }}
            />
            <YAxis
              width={44}
              tick={tick}
              tickLine={false}
              axisLine={false}
              allowDecimals={false}
              tickCount={4}
              label={{
                value: 'units',
                angle: -90,
                position: 'insideLeft',
                offset: 4,
                fill: 'var(--ink-2)',
                fontSize: 11,
              }}
            />
            <Bar
              isAnimationActive={false}
              dataKey="units"
              fill={color}
              fillOpacity={0.75}
              barSize={Math.max(2, (width - 52) * binWidth - 1)}
            />
            <Line
              isAnimationActive={false}
              dataKey="floor"
              type="step"
              stroke="var(--floor)"
              strokeWidth={1.5}
              strokeDasharray="3 2"
              dot={false}
              activeDot={false}
            />
          </ComposedChart>
        )}
      </div>
      <figcaption className="quiet">Bars: units by SI. Dashed: the same under shuffled labels.</figcaption>
    </figure>
  )
}
