/**
 * The record of a probe in units.bin: for all units of the network, in the order of its sites, little endian: selectivity
 * f64[U], floor f64[U], preferredClass u16[U], dead u8[U].
 */
import type { SiteProbe, SiteSummary } from '../../protocol/run-events.ts'

export const bytesPerUnit = 19

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

/** The record of a probe's sites. JSON stores NaN as null, which the record has as NaN. */
export function recordOf(sites: readonly SiteProbe[]): Uint8Array<ArrayBuffer> {
  const total = sites.reduce((sum, { selectivity }) => sum + selectivity.length, 0)
  const view = new DataView(new ArrayBuffer(bytesPerUnit * total))
  let at = 0
  for (const { selectivity, floor, preferredClass, dead } of sites) {
    for (let unit = 0; unit < selectivity.length; unit++, at++) {
      view.setFloat64(8 * at, selectivity[unit] ?? Number.NaN, true)
      view.setFloat64(8 * (total + at), floor[unit] ?? Number.NaN, true)
      view.setUint16(16 * total + 2 * at, preferredClass[unit], true)
      view.setUint8(18 * total + at, dead[unit])
    }
  }
  return new Uint8Array(view.buffer)
}
