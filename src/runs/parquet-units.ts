/** The rows of selectivity.csv as Parquet. */
import type { ProbeEvent, SiteProbe } from '../protocol/run-events.ts'
import { type Column, parquetPieces, type RowGroup } from './parquet.ts'

export const unitsFile = 'selectivity.parquet'

/** A probe and its run. */
export interface RunProbe {
  /** The value of the column `run`; null for a file of one run, which has no such column. */
  readonly run: string | null
  readonly probe: ProbeEvent
}

/** Rows of a group: a probe of a ResNet-50 has 15,104, and the page encodes two of them in about 20 ms. */
const groupRows = 1 << 15

const dictionary = { nullable: false, encoding: 'RLE_DICTIONARY' } as const
// Numbers with eight digits do not shrink.
const plain = { nullable: false, encoding: 'PLAIN', codec: 'UNCOMPRESSED' } as const

const runColumn: Column = { name: 'run', type: 'STRING', ...dictionary }

/** The columns of selectivity.csv. */
const unitColumns: readonly Column[] = [
  { name: 'step', type: 'INT32', ...dictionary },
  { name: 'epoch', type: 'DOUBLE', ...dictionary },
  { name: 'module', type: 'STRING', ...dictionary },
  { name: 'site', type: 'STRING', ...dictionary },
  { name: 'unit', type: 'INT32', nullable: false, encoding: 'DELTA_BINARY_PACKED' },
  { name: 'selectivity', type: 'DOUBLE', ...plain },
  { name: 'floor', type: 'DOUBLE', ...plain },
  { name: 'preferredClass', type: 'INT32', ...dictionary },
  { name: 'dead', type: 'BOOLEAN', nullable: false },
]

const unitsOf = ({ sites }: ProbeEvent) => sites.reduce((sum, { selectivity }) => sum + selectivity.length, 0)

const greatest = 2 ** 31 - 1

/** Returns the number, which a 32-bit column holds unchanged. Throws RangeError. */
function whole(value: number, name: string): number {
  if (Number.isInteger(value) && Math.abs(value) <= greatest) return value
  throw new RangeError(`invalid ${name}: ${value}; it must be a whole number below 2³¹`)
}

/** Throws RangeError where a list of a site is shorter or longer than its list of selectivity. */
function requireWhole({ site, selectivity, floor, preferredClass, dead }: SiteProbe, step: number): void {
  const { length } = selectivity
  for (const [name, list] of Object.entries({ floor, preferredClass, dead }))
    if (list.length !== length)
      throw new RangeError(`invalid probe of ${site} at step ${step}: ${length} selectivity, ${list.length} ${name}`)
}

const emptyGroup = (rows: number) => ({
  run: new Array<string | null>(rows),
  step: new Int32Array(rows),
  epoch: new Float64Array(rows),
  module: new Array<string>(rows),
  site: new Array<string>(rows),
  unit: new Int32Array(rows),
  selectivity: new Float64Array(rows),
  floor: new Float64Array(rows),
  preferredClass: new Int32Array(rows),
  dead: new Array<boolean>(rows),
})

type UnitGroup = ReturnType<typeof emptyGroup>

/** As selectivity.csv has it. JSON stores a number that is not finite as null, which an array of numbers would turn into 0. */
const finiteOrNaN = (value: number | null): number => (Number.isFinite(value) ? Number(value) : Number.NaN)

/** Puts the units of a site into the rows from `at` on, in place. */
function fillUnits(group: UnitGroup, at: number, { selectivity, floor, preferredClass, dead }: SiteProbe): void {
  for (let unit = 0; unit < selectivity.length; unit++) {
    const row = at + unit
    group.unit[row] = unit
    group.selectivity[row] = finiteOrNaN(selectivity[unit])
    group.floor[row] = finiteOrNaN(floor[unit])
    group.preferredClass[row] = whole(preferredClass[unit], 'preferredClass')
    group.dead[row] = dead[unit] !== 0
  }
}

function groupOf(probes: readonly RunProbe[], rows: number): UnitGroup {
  const group = emptyGroup(rows)
  let at = 0
  for (const { run, probe } of probes) {
    for (const site of probe.sites) {
      requireWhole(site, probe.step)
      const end = at + site.selectivity.length
      group.run.fill(run, at, end)
      group.step.fill(whole(probe.step, 'step'), at, end)
      group.epoch.fill(probe.epoch, at, end)
      group.module.fill(site.module, at, end)
      group.site.fill(site.site, at, end)
      fillUnits(group, at, site)
      at = end
    }
  }
  return group
}

/** Groups of whole probes with at most `groupRows` rows; a larger probe is a group of its own. */
async function* unitGroups(probes: AsyncIterable<RunProbe> | Iterable<RunProbe>): AsyncGenerator<RowGroup> {
  let group: RunProbe[] = []
  let rows = 0
  for await (const own of probes) {
    const units = unitsOf(own.probe)
    if (units === 0) continue
    if (rows > 0 && rows + units > groupRows) {
      yield groupOf(group, rows)
      group = []
      rows = 0
    }
    group.push(own)
    rows += units
  }
  if (rows > 0) yield groupOf(group, rows)
}

/**
 * The units of probes as the bytes of a Parquet file, with the values of selectivity.csv; a number that is missing is NaN.
 * Throws RangeError for a probe that selectivity.csv could not hold either.
 */
export const unitPieces = (
  probes: AsyncIterable<RunProbe> | Iterable<RunProbe>,
  options: { readonly withRun: boolean },
): AsyncGenerator<Uint8Array<ArrayBuffer>> =>
  parquetPieces(options.withRun ? [runColumn, ...unitColumns] : unitColumns, unitGroups(probes))
