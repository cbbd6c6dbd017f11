/** One unit over all probes, by reading only its own values. */
import type { LoggedProbe } from '../../protocol/run-events.ts'
import { placeKey, type UnitsSource, type UnitValue } from './source.ts'

/** A unit by its site and its index there. */
export interface UnitName {
  readonly site: string
  readonly unit: number
}

export interface UnitMoment extends UnitValue {
  readonly step: number
  readonly epoch: number
}

export interface UnitHistory {
  /**
   * The unit at each probe that has it. Reads again only what it has not read of this unit before. Rejects with UnitsError.
   */
  readonly read: (probes: readonly LoggedProbe[], name: UnitName) => Promise<UnitMoment[]>
}

/** Probes that are read at the same time. More of them make Chromium's tasks longer than 50 ms, and the whole not faster. */
const together = 8

async function readMissing(
  units: UnitsSource,
  known: Map<string, UnitValue | null>,
  probes: readonly LoggedProbe[],
  { site, unit }: UnitName,
): Promise<void> {
  const missing = probes.filter((probe) => !known.has(placeKey(probe)))
  const readOne = async (probe: LoggedProbe) => {
    const index = probe.sites.findIndex((one) => one.site === site)
    const has = index >= 0 && unit < probe.sites[index].units
    known.set(placeKey(probe), has ? await units.unit(probe, index, unit) : null)
  }
  for (let i = 0; i < missing.length; i += together) await Promise.all(missing.slice(i, i + together).map(readOne))
}

/** Remembers the unit that was asked for last: it is asked for again at every new probe. */
export function createUnitHistory(units: UnitsSource): UnitHistory {
  let last = { key: '', known: new Map<string, UnitValue | null>() }
  return {
    read: async (probes, name) => {
      const key = `${name.site}:${name.unit}`
      if (last.key !== key) last = { key, known: new Map() }
      const { known } = last
      await readMissing(units, known, probes, name)
      return probes.flatMap((probe) => {
        const value = known.get(placeKey(probe))
        return value ? [{ step: probe.step, epoch: probe.epoch, ...value }] : []
      })
    },
  }
}
