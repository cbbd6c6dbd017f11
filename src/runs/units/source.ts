/** Reads the values of units at a run's probes on demand, so that a run in memory has only means of sites. */
import type { LoggedProbe, SiteProbe } from '../../protocol/run-events.ts'
import { checksumOf, partsOf, recordBytes, spanOf, type UnitSpan, type UnitValues, valuesOf } from '../format/units.ts'
import { createCache } from './cache.ts'

/** Thrown where the values of units cannot be read; the message says which, and what helps. */
export class UnitsError extends Error {
  override name = 'UnitsError'
}

/** One unit at one probe. */
export interface UnitValue {
  readonly selectivity: number
  readonly floor: number
  /** Index into the run's classes. */
  readonly preferredClass: number
  readonly dead: boolean
}

/** Every method resolves with null where the units were not kept, and rejects with UnitsError where they cannot be read. */
export interface UnitsSource {
  /** All sites at a probe. */
  readonly read: (probe: LoggedProbe) => Promise<readonly SiteProbe[] | null>
  /** One site by its index among the probe's sites. Reads only that site where the storage allows it. */
  readonly site: (probe: LoggedProbe, index: number) => Promise<SiteProbe | null>
  /** One unit of a site. Reads 19 bytes where the storage allows it. */
  readonly unit: (probe: LoggedProbe, index: number, unit: number) => Promise<UnitValue | null>
}

/** Bytes of a probe's record (see format/units.ts), from `at` on; null where it has none. */
export type RecordBytes = (probe: LoggedProbe, at: number, bytes: number) => Promise<Uint8Array | null>

async function valuesIn(bytesOf: RecordBytes, probe: LoggedProbe, span: UnitSpan): Promise<UnitValues | null> {
  const parts = await Promise.all(partsOf(span).map(({ at, bytes }) => bytesOf(probe, at, bytes)))
  const known = parts.filter((part) => part !== null)
  return known.length < parts.length ? null : valuesOf(known, span.count)
}

async function readSite(bytesOf: RecordBytes, probe: LoggedProbe, index: number): Promise<SiteProbe | null> {
  const { site, module } = probe.sites[index]
  const values = await valuesIn(bytesOf, probe, spanOf(probe.sites, index))
  return values && { site, module, ...values }
}

/** All sites from one read of the whole record, whose checksum is compared. */
async function readSites(bytesOf: RecordBytes, probe: LoggedProbe): Promise<readonly SiteProbe[] | null> {
  const whole = await bytesOf(probe, 0, recordBytes(probe.sites))
  if (!whole) return null
  if (probe.units?.kind === 'record' && checksumOf(whole) !== probe.units.crc32)
    throw new UnitsError(`The units at step ${probe.step} are damaged: their checksum is another.`)
  const part: RecordBytes = async (_, at, bytes) => whole.subarray(at, at + bytes)
  const sites = await Promise.all(probe.sites.map((_, index) => readSite(part, probe, index)))
  return sites.filter((site) => site !== null)
}

async function readUnit(bytesOf: RecordBytes, probe: LoggedProbe, index: number, unit: number) {
  const { total, first } = spanOf(probe.sites, index)
  const values = await valuesIn(bytesOf, probe, { total, first: first + unit, count: 1 })
  if (!values) return null
  const { selectivity, floor, preferredClass, dead } = values
  return {
    selectivity: selectivity[0],
    floor: floor[0],
    preferredClass: preferredClass[0],
    dead: dead[0] === 1,
  }
}

/** Sites of probes that stay in memory: for moving back and forth between neighboring probes. */
const keptSites = 32

/** Differs where the place or the contents of the record differ: a run that resumed may record a probe again. */
export const placeKey = ({ units }: LoggedProbe): string => {
  if (!units) return ''
  return units.kind === 'record' ? `record ${units.index} ${units.crc32}` : `line ${units.at} ${units.bytes}`
}

/** The units in records that `bytesOf` reads. */
export function unitsIn(bytesOf: RecordBytes): UnitsSource {
  const sites = createCache<Promise<SiteProbe | null>>(keptSites)
  return {
    read: (probe) => readSites(bytesOf, probe),
    site: (probe, index) => sites.get(`${placeKey(probe)} ${index}`, () => readSite(bytesOf, probe, index)),
    unit: (probe, index, unit) => readUnit(bytesOf, probe, index, unit),
  }
}

/** For a run without values of units. */
export const noUnits: UnitsSource = { read: async () => null, site: async () => null, unit: async () => null }
