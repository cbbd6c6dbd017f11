/**
 * A record of units.bin: the values of all units of the network at a probe. For U units, in the order of the start event's
 * sites, little endian: selectivity f64[U], floor f64[U], preferredClass u16[U], dead u8[U].
 */
import { crc32 } from '../../crc.ts'
import type { SiteInfo } from '../../protocol/environment.ts'
import type { SiteProbe, SiteSummary } from '../../protocol/run-events.ts'

export const unitsName = 'units.bin'

/** The fields of a record, in order: bytes of a unit, and bytes of the fields before it for each unit. */
const fields = {
  selectivity: { before: 0, size: 8 },
  floor: { before: 8, size: 8 },
  preferredClass: { before: 16, size: 2 },
  dead: { before: 18, size: 1 },
} as const

/** Bytes of a unit in a record. */
export const bytesOfUnit = fields.dead.before + fields.dead.size

/** The sites of a network, in the order of the record. */
export type UnitsLayout = readonly Pick<SiteInfo, 'name' | 'module' | 'units'>[]

type Counts = readonly Pick<SiteInfo, 'units'>[]

export const unitsOf = (sites: Counts): number => sites.reduce((sum, { units }) => sum + units, 0)

/** Bytes of a record. */
export const recordBytes = (sites: Counts): number => bytesOfUnit * unitsOf(sites)

/** Units of a record by their places in the network: `count` units from `first`, of `total`. */
export interface UnitSpan {
  readonly total: number
  readonly first: number
  readonly count: number
}

/** The units of a site, by its index. */
export const spanOf = (sites: Counts, index: number): UnitSpan => ({
  total: unitsOf(sites),
  first: unitsOf(sites.slice(0, index)),
  count: sites[index].units,
})

/** Where the record has the four fields of some units, in bytes. */
export const partsOf = ({ total, first, count }: UnitSpan): { readonly at: number; readonly bytes: number }[] =>
  Object.values(fields).map(({ before, size }) => ({ at: before * total + size * first, bytes: size * count }))

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

// A log that was read back has null for NaN.
const numberOf = (value: number | null): number => value ?? Number.NaN

const isClass = (value: number) => Number.isInteger(value) && value >= 0 && value <= 0xffff
const isFlag = (value: number) => value === 0 || value === 1

/** Whether a record holds the values of a site without loss. */
function fits({ name, module, units }: UnitsLayout[number], own: SiteProbe | undefined): boolean {
  if (own?.site !== name || own.module !== module) return false
  const { selectivity, floor, preferredClass, dead } = own
  const lists = [selectivity, floor, preferredClass, dead]
  return lists.every(({ length }) => length === units) && preferredClass.every(isClass) && dead.every(isFlag)
}

/** The record of a probe; null where it does not have the units of the network, or values that a record cannot hold. */
export function packUnits(layout: UnitsLayout, sites: readonly SiteProbe[]): Uint8Array<ArrayBuffer> | null {
  const units = unitsOf(layout)
  if (units === 0 || sites.length !== layout.length || !layout.every((site, i) => fits(site, sites[i]))) return null
  const record = new Uint8Array(bytesOfUnit * units)
  const view = new DataView(record.buffer)
  const placeOf = (field: keyof typeof fields, unit: number) => fields[field].before * units + fields[field].size * unit
  let unit = 0
  for (const { selectivity, floor, preferredClass, dead } of sites) {
    for (let i = 0; i < selectivity.length; i++, unit++) {
      view.setFloat64(placeOf('selectivity', unit), numberOf(selectivity[i]), true)
      view.setFloat64(placeOf('floor', unit), numberOf(floor[i]), true)
      view.setUint16(placeOf('preferredClass', unit), preferredClass[i], true)
      record[placeOf('dead', unit)] = dead[i]
    }
  }
  return record
}

/** The record of a probe's sites; null for values that a record cannot hold. */
export const recordOf = (sites: readonly SiteProbe[]): Uint8Array<ArrayBuffer> | null =>
  packUnits(
    sites.map(({ site, module, selectivity }) => ({ name: site, module, units: selectivity.length })),
    sites,
  )

/** The values of a record. Throws RangeError for bytes of another length. */
export function unpackUnits(layout: UnitsLayout, record: Uint8Array): SiteProbe[] {
  const bytes = recordBytes(layout)
  if (record.length !== bytes)
    throw new RangeError(`invalid record of units: ${record.length} bytes instead of ${bytes}`)
  return layout.map(({ name, module, units }, index) => {
    const parts = partsOf(spanOf(layout, index)).map((part) => record.subarray(part.at, part.at + part.bytes))
    return { site: name, module, ...valuesOf(parts, units) }
  })
}

/** The checksum of a record, as the log has it. */
export const checksumOf = (record: Uint8Array): number => crc32(record)

function meanOf(values: readonly (number | null)[]): number {
  let sum = 0
  for (const value of values) sum += numberOf(value)
  return sum / values.length
}

/** The means over the units of each site. */
export const summariesOf = (sites: readonly SiteProbe[]): SiteSummary[] =>
  sites.map(({ site, module, selectivity, floor, dead }) => ({
    site,
    module,
    units: selectivity.length,
    selectivity: meanOf(selectivity),
    floor: meanOf(floor),
    dead: dead.reduce((sum, value) => sum + value, 0),
  }))
