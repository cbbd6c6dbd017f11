/**
 * A record of units.bin: the values of all units of the network at a probe. For U units, in the order of the start event's
 * sites, little endian: selectivity f64[U], floor f64[U], preferredClass u16[U], dead u8[U].
 */
import { crc32 } from '../../crc.ts'
import type { SiteInfo } from '../../protocol/environment.ts'
import type { SiteProbe, SiteSummary } from '../../protocol/run-events.ts'

export const unitsName = 'units.bin'

/** Bytes of a unit in a record. */
export const bytesOfUnit = 8 + 8 + 2 + 1

/** The sites of a network, in the order of the record. */
export type UnitsLayout = readonly Pick<SiteInfo, 'name' | 'module' | 'units'>[]

export const unitsOf = (layout: UnitsLayout): number => layout.reduce((sum, { units }) => sum + units, 0)

/** Bytes of a record. */
export const recordBytes = (layout: UnitsLayout): number => bytesOfUnit * unitsOf(layout)

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
  let unit = 0
  for (const { selectivity, floor, preferredClass, dead } of sites) {
    for (let i = 0; i < selectivity.length; i++, unit++) {
      view.setFloat64(8 * unit, numberOf(selectivity[i]), true)
      view.setFloat64(8 * (units + unit), numberOf(floor[i]), true)
      view.setUint16(16 * units + 2 * unit, preferredClass[i], true)
      record[18 * units + unit] = dead[i]
    }
  }
  return record
}

const listOf = <T>(length: number, value: (i: number) => T): T[] => Array.from({ length }, (_, i) => value(i))

/** The values of a record. Throws RangeError for bytes of another length. */
export function unpackUnits(layout: UnitsLayout, record: Uint8Array): SiteProbe[] {
  const total = unitsOf(layout)
  if (record.length !== bytesOfUnit * total)
    throw new RangeError(`invalid record of units: ${record.length} bytes instead of ${bytesOfUnit * total}`)
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  let first = 0
  return layout.map(({ name, module, units }) => {
    const from = first
    first += units
    return {
      site: name,
      module,
      selectivity: listOf(units, (i) => view.getFloat64(8 * (from + i), true)),
      floor: listOf(units, (i) => view.getFloat64(8 * (total + from + i), true)),
      preferredClass: listOf(units, (i) => view.getUint16(16 * total + 2 * (from + i), true)),
      dead: listOf(units, (i) => record[18 * total + from + i]),
    }
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
