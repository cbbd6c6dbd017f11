/** Values of units that a component shows: read from the run when they are needed. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { LoggedProbe, SiteProbe } from '../../protocol/run-events.ts'
import type { Run } from '../../runs/reduce.ts'
import { createUnitHistory, type UnitMoment, type UnitName } from '../../runs/units/history.ts'
import { placeKey, type UnitsSource } from '../../runs/units/source.ts'
import { createLatest, type Loaded } from './latest.ts'

/** The value of a key. Keeps the value of an earlier key of the scope while the next loads. */
function useLatest<T>(scope: string, key: string, load: () => Promise<T>): Loaded<T> {
  const [latest] = useState(() => createLatest<T>())
  const state = useSyncExternalStore(latest.subscribe, latest.state, latest.state)
  useEffect(() => latest.want(scope, key, load))
  return state
}

/** A site at a probe; `values` is null where its units were not kept. */
export interface SiteUnits {
  readonly probe: LoggedProbe
  readonly index: number
  readonly values: SiteProbe | null
}

/** The units of a site, by its index, at a probe. */
export function useUnits(run: Run, probe: LoggedProbe, index: number): Loaded<SiteUnits> {
  return useLatest(run.id, `${probe.step} ${placeKey(probe)} ${index}`, async () => ({
    probe,
    index,
    values: await run.units.site(probe, index),
  }))
}

export interface ShownHistory {
  readonly name: UnitName
  /** The unit at each probe so far. */
  readonly moments: readonly UnitMoment[]
}

const histories = new WeakMap<UnitsSource, ReturnType<typeof createUnitHistory>>()

function historyOf(units: UnitsSource) {
  const known = histories.get(units) ?? createUnitHistory(units)
  histories.set(units, known)
  return known
}

/** A unit over the probes of a run. */
export function useUnitHistory({ id, probes, units }: Run, name: UnitName): Loaded<ShownHistory> {
  const newest = probes.at(-1)
  const key = `${name.site}:${name.unit} ${probes.length} ${newest ? placeKey(newest) : ''}`
  return useLatest(id, key, async () => ({ name, moments: await historyOf(units).read(probes, name) }))
}
