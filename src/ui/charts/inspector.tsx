/** The selected site at the selected moment: its units' distribution, its numbers, its most selective units. */
import { useState } from 'react'
import { Button } from 'react-aria-components'
import { Bar, ComposedChart, Line, XAxis, YAxis } from 'recharts'
import type { ProbeEvent, SiteProbe } from '../../events.ts'
import type { Run } from '../../runs/reduce.ts'
import { setView, useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { columnAt, siteMean } from './heat-map-model.ts'
import { binWidth, histogram, ranked } from './histogram.ts'
import { type ModuleName, moduleStyle } from './selectivity-series.ts'
import { useWidth } from './use-width.ts'

export function Inspector() {
  const { run } = useRun()
  const view = useLab((state) => state.view)
  if (!run || run.probes.length === 0) {
    return (
      <>
        <h2>Inspector</h2>
        <p className="quiet">
          Click a cell of “Selectivity by site” to see how selective the units of that block are, and for which classes.
        </p>
      </>
    )
  }
  const column = columnAt(run, view.moment)
  const probe = run.probes[column]
  const site = probe.sites.find((s) => s.site === view.site) ?? probe.sites[0]
  return <Site run={run} probe={probe} column={column} site={site} />
}

interface SiteProps {
  readonly run: Run
  readonly probe: ProbeEvent
  readonly column: number
  readonly site: SiteProbe
}

function Site({ run, probe, column, site }: SiteProps) {
  const go = (to: number) => setView({ moment: to === run.probes.length - 1 ? null : run.probes[to].step })
  const { selectivity, floor } = siteMean(site)
  const dead = site.dead.reduce((a, b) => a + b, 0)
  const sentence = `${site.site} at epoch ${probe.epoch}: mean SI ${selectivity.toFixed(4)}, floor ${floor.toFixed(4)}, ${site.selectivity.length} units, ${dead} dead`
  return (
    <section className="site" aria-label={`Site ${site.site}`}>
      <header className="site-head">
        <h2>{site.site}</h2>
        <span className="quiet">epoch {probe.epoch.toFixed(2)}</span>
        <span className="button-row">
          <Button
            className="button icon-button"
            aria-label="Earlier probe"
            isDisabled={column === 0}
            onPress={() => go(column - 1)}
          >
            ‹
          </Button>
          <Button
            className="button icon-button"
            aria-label="Later probe"
            isDisabled={column === run.probes.length - 1}
            onPress={() => go(column + 1)}
          >
            ›
          </Button>
        </span>
      </header>
      <Distribution site={site} />
      <dl className="site-facts">
        <dt>mean SI</dt>
        <dd>{selectivity.toFixed(3)}</dd>
        <dt>chance floor</dt>
        <dd>{floor.toFixed(3)}</dd>
        <dt>SI − floor</dt>
        <dd>{(selectivity - floor).toFixed(3)}</dd>
        <dt>units</dt>
        <dd>{site.selectivity.length}</dd>
        <dt>dead</dt>
        <dd>{dead}</dd>
      </dl>
      <CopyButton text={sentence} label="Copy these numbers" />
      <Units run={run} site={site} />
    </section>
  )
}

function Distribution({ site }: { readonly site: SiteProbe }) {
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
              width={34}
              tick={tick}
              tickLine={false}
              axisLine={false}
              allowDecimals={false}
              tickCount={4}
              label={{
                value: 'units',
                angle: -90,
                position: 'insideLeft',
                offset: 8,
                fill: 'var(--ink-2)',
                fontSize: 11,
              }}
            />
            <Bar
              isAnimationActive={false}
              dataKey="units"
              fill={color}
              fillOpacity={0.75}
              barSize={Math.max(2, (width - 42) * binWidth - 1)}
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

const orders = { selectivity: 'SI', excess: 'SI − floor' } as const
type Order = keyof typeof orders

function Units({ run, site }: { readonly run: Run; readonly site: SiteProbe }) {
  const [order, setOrder] = useState<Order>('selectivity')
  const values = order === 'selectivity' ? site.selectivity : site.selectivity.map((value, u) => value - site.floor[u])
  const top = ranked(values).slice(0, 12)
  return (
    <>
      <label className="chart-select">
        Most selective units by
        <select
          className="input select"
          value={order}
          onChange={(event) => setOrder(event.target.value === 'excess' ? 'excess' : 'selectivity')}
        >
          {Object.entries(orders).map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <table className="units">
        <thead>
          <tr>
            <th scope="col">unit</th>
            <th scope="col">SI</th>
            <th scope="col">floor</th>
            <th scope="col">prefers</th>
          </tr>
        </thead>
        <tbody>
          {top.map((u) => (
            <tr key={u}>
              <td>{u}</td>
              <td>{site.selectivity[u].toFixed(2)}</td>
              <td>{site.floor[u].toFixed(2)}</td>
              <td>{site.dead[u] ? 'dead' : run.start?.classes[site.preferredClass[u]]?.name}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
