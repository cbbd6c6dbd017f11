/** Parts of a probe's record (see format/units.ts): the values of one site or of one unit. */
import type { SiteProbe, SiteSummary } from '../../protocol/run-events.ts'
import { bytesOfUnit, packUnits } from '../format/units.ts'

/** Bytes of a unit, and bytes of the fields before it in the record for each unit. */
const fields = [
  { before: 0, size: 8 },
  { before: 8, size: 8 },
  { before: 16, size: 2 },
  { before: 18, size: 1 },
] as const

/** Units of a record by their places in the network: `count` units from `first`, of `total`. */
export interface UnitSpan {
  readonly total: number
  readonly first: number
  readonly count: number
}

export const totalUnits = (sites: readonly Pick<SiteSummary, 'units'>[]): number =>
  sites.reduce((sum, { units }) => sum + units, 0)

/** The units of a site, by its index. */
export const spanOf = (sites: readonly SiteSummary[], index: number): UnitSpan => ({
  total: totalUnits(sites),
  first: totalUnits(sites.slice(0, index)),
  count: sites[index].units,
})

/** Where the record has the four fields of some units, in bytes. */
export const partsOf = ({ total, first, count }: UnitSpan): { readonly at: number; readonly bytes: number }[] =>
  fields.map(({ before, size }) => ({ at: before * total + size * first, bytes: size * count }))

export type UnitValues = Omit<SiteProbe, 'site' | 'module'>

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength)

/** The values of `count` units from the bytes of their four fields. */
export function valuesOf([selectivity, floor, preferredClass, dead]: readonly Uint8Array[], count: number): UnitValues {
  const [selective, chance, preferred] = [selectivity, floor, preferredClass].map(viewOf)
  return {
    selectivity: Array.from({ length: count }, (_, i) => selective.getFloat64(8 * i, true)),
    floor: Array.from({ length: count }, (_, i) => chance.getFloat64(8 * i, true)),
    preferredClass: Array.from({ length: count }, (_, i) => preferred.getUint16(2 * i, true)),
    dead: Array.from(dead.subarray(0, count)),
  }
}

export const bytesOfRecord = (sites: readonly Pick<SiteSummary, 'units'>[]): number => bytesOfUnit * totalUnits(sites)

/** The record of a probe's sites; null for values that a record cannot hold. */
export const recordOf = (sites: readonly SiteProbe[]): Uint8Array<ArrayBuffer> | null =>
  packUnits(
    sites.map(({ site, module, selectivity }) => ({ name: site, module, units: selectivity.length })),
    sites,
  )
