/** The inspector of one site at one probe: the distribution of its units, its numbers and its most selective units. */
import { memo, useState } from 'react'
import { Button } from 'react-aria-components'
import type { ProbeEvent, SiteProbe } from '../../protocol/run-events.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab } from '../../store/lab.ts'
import { Distribution } from '../charts/distribution/chart.tsx'
import { quartiles, ranked } from '../charts/distribution/model.ts'
import { siteMean } from '../charts/heat-map/model.ts'
import { CopyButton } from '../controls/copy-button.tsx'

interface SiteProps {
  readonly run: Run
  readonly probe: ProbeEvent
  readonly column: number
  readonly site: SiteProbe
}

/** Redrawn for another site or moment, not for every step of the run. */
export const Site = memo(function Site({ run, probe, column, site }: SiteProps) {
  const go = (to: number) => lab.setView({ moment: to === run.probes.length - 1 ? null : run.probes[to].step })
  const { selectivity, floor } = siteMean(site)
  const [lower, median, upper] = quartiles(site.selectivity).map((value) => value.toFixed(3))
  const dead = site.dead.reduce((a, b) => a + b, 0)
  const sentence = `${site.site} at epoch ${probe.epoch}: mean SI ${selectivity.toFixed(4)}, floor ${floor.toFixed(4)}, quartiles ${lower}, ${median}, ${upper}, ${site.selectivity.length} units, ${dead} dead`
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
        <dt>quartiles</dt>
        <dd>
          {lower} · {median} · {upper}
        </dd>
        <dt>units</dt>
        <dd>{site.selectivity.length}</dd>
        <dt>dead</dt>
        <dd>{dead}</dd>
      </dl>
      <CopyButton text={sentence} label="Copy these numbers" />
      <Units run={run} site={site} />
    </section>
  )
})

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
              <td>
                <Button
                  className="unit-link"
                  aria-label={`Look at unit ${site.site}:${u}`}
                  onPress={() => lab.lookAtUnit(site.site, u)}
                >
                  {u}
                </Button>
              </td>
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
