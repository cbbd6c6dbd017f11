/** The most selective units of a site at a probe. */
import { memo, useState } from 'react'
import type { SiteProbe } from '../../protocol/run-events.ts'
import type { Run } from '../../runs/reduce.ts'
import { lab } from '../../store/lab.ts'
import { ranked } from '../charts/distribution/model.ts'
import { decimal } from '../format.ts'

const orders = { selectivity: 'SI', excess: 'SI − floor' } as const
type Order = keyof typeof orders

export function SiteUnits({ run, site }: { readonly run: Run; readonly site: SiteProbe }) {
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
            <UnitRow
              key={u}
              site={site.site}
              unit={u}
              selectivity={decimal(site.selectivity[u], 2)}
              floor={decimal(site.floor[u], 2)}
              prefers={site.dead[u] ? 'dead' : run.start?.classes[site.preferredClass[u]]?.name}
            />
          ))}
        </tbody>
      </table>
    </>
  )
}

interface RowProps {
  readonly site: string
  readonly unit: number
  readonly selectivity: string
  readonly floor: string
  readonly prefers: string | undefined
}

// The browser's own button: each probe brings other units, and many of these buttons.
const UnitRow = memo(({ site, unit, selectivity, floor, prefers }: RowProps) => (
  <tr>
    <td>
      <button
        type="button"
        className="unit-link"
        aria-label={`Look at unit ${site}:${unit}`}
        onClick={() => lab.lookAtUnit(site, unit)}
      >
        {unit}
      </button>
    </td>
    <td>{selectivity}</td>
    <td>{floor}</td>
    <td>{prefers}</td>
  </tr>
))
