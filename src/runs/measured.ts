/** What was measured on a run's checkpoints: the tables of the command line, and their rows as numbers. */
import { group } from 'd3-array'
import type {
  AblationMode,
  AblationOrder,
  CurvePointName,
  ImpactCorrelation,
  IndexName,
  MeasuredCells,
  MeasuredTable,
  UnitImpact,
} from '../protocol/measurement.ts'
import {
  createTable,
  type MeasuredTexts,
  measuredTables,
  type Row,
  type Table,
  type TableView,
  tables,
} from './tables.ts'

/** The measurements of a run at one time. */
export interface Measured {
  readonly tables: Readonly<Record<MeasuredTable, TableView>>
  /** By `correlationName`. */
  readonly correlations: ReadonlyMap<string, readonly ImpactCorrelation[]>
  /** Grows with every addition. */
  readonly version: number
}

/** Measurements that rows are added to. */
export interface GrowingMeasured extends Measured {
  readonly tables: Readonly<Record<MeasuredTable, Table>>
  readonly correlations: Map<string, readonly ImpactCorrelation[]>
  version: number
}

export const createMeasured = (): GrowingMeasured => ({
  tables: {
    curves: createTable(tables.curves),
    units: createTable(tables.units),
    linearity: createTable(tables.linearity),
    indices: createTable(tables.indices),
  },
  correlations: new Map(),
  version: 0,
})

const views = new WeakMap<GrowingMeasured, Measured>()

/** The measurements so far, which later additions do not change. The same object for the same version. */
export function measuredView(measured: GrowingMeasured): Measured {
  const { version, correlations } = measured
  const known = views.get(measured)
  if (known?.version === version) return known
  const { curves, units, linearity, indices } = measured.tables
  const view: Measured = {
    tables: { curves: curves.view(), units: units.view(), linearity: linearity.view(), indices: indices.view() },
    correlations: new Map(correlations),
    version,
  }
  views.set(measured, view)
  return view
}

export const correlationName = (checkpoint: string, mode: AblationMode): string => `${checkpoint} ${mode}`

/** Adds rows, in place; those of a known key are replaced. Throws Error where a column is missing. */
export function addRows(measured: GrowingMeasured, table: MeasuredTable, rows: readonly MeasuredCells[]): void {
  for (const row of rows) measured.tables[table].put(row)
  measured.version++
}

export function addCorrelations(measured: GrowingMeasured, name: string, modules: readonly ImpactCorrelation[]): void {
  measured.correlations.set(name, modules)
  measured.version++
}

/** The texts of the tables that have rows. */
export const measuredTexts = ({ tables: own }: Measured): MeasuredTexts =>
  Object.fromEntries(measuredTables.flatMap((name) => (own[name].rows().length > 0 ? [[name, own[name].text()]] : [])))

interface OnCheckpoint {
  /** File. */
  readonly checkpoint: string
  readonly epoch: number
}

export interface CurveRow extends OnCheckpoint, CurvePointName {
  readonly mode: AblationMode
  readonly share: number
  readonly loss: number
  readonly top1: number
  readonly top5: number
}

export interface EffectRow extends OnCheckpoint, UnitImpact {
  readonly mode: AblationMode
  readonly site: string
  readonly unit: number
  readonly preferredClass: number
  readonly loss: number
  readonly top1: number
}

export interface LinearityRow extends OnCheckpoint {
  readonly measure: string
  readonly site: string
  readonly other: string
  readonly k: string
  readonly value: number
}

const numberOf = (cell: string): number => (cell === '' ? Number.NaN : Number(cell))

const onCheckpoint = ({ checkpoint, epoch }: Row) => ({ checkpoint, epoch: numberOf(epoch) })

const numbersOf = <K extends string>(row: Row, keys: readonly K[]): Record<K, number> => {
  const numbers = Object.fromEntries(keys.map((key) => [key, numberOf(row[key])]))
  return numbers as Record<K, number>
}

const curveOf = (row: Row): CurveRow => ({
  ...onCheckpoint(row),
  module: row.module,
  order: row.order as AblationOrder,
  mode: row.mode as AblationMode,
  ...numbersOf(row, ['draw', 'n', 'share', 'loss', 'top1', 'top5']),
})

const effectNumbers = [
  'unit',
  'selectivity',
  'preferredClass',
  'loss',
  'top1',
  'lossIncrease',
  'top1Drop',
  'preferredTop1Drop',
] as const

const effectOf = (row: Row): EffectRow => ({
  ...onCheckpoint(row),
  module: row.module,
  site: row.site,
  mode: row.mode as AblationMode,
  ...numbersOf(row, effectNumbers),
})

export interface IndexRow extends OnCheckpoint {
  readonly module: string
  readonly site: string
  readonly unit: number
  readonly index: IndexName
  readonly value: number
  /** Mean under shuffled labels. */
  readonly floor: number
}

const indexOf = (row: Row): IndexRow => ({
  ...onCheckpoint(row),
  module: row.module,
  site: row.site,
  index: row.index as IndexName,
  ...numbersOf(row, ['unit', 'value', 'floor']),
})

const linearityOf = ({ measure, site, other, k, value, ...row }: Row): LinearityRow => ({
  ...onCheckpoint(row),
  measure,
  site,
  other,
  k,
  value: numberOf(value),
})

/** Rows as numbers, parsed once for every version. */
function reader<T>(table: MeasuredTable, parse: (row: Row) => T): (measured: Measured) => readonly T[] {
  const known = new WeakMap<Measured, { version: number; rows: readonly T[] }>()
  return (measured) => {
    const { version } = measured
    const found = known.get(measured)
    if (found?.version === version) return found.rows
    const rows = measured.tables[table].rows().map(parse)
    known.set(measured, { version, rows })
    return rows
  }
}

export const curveRows = reader('curves', curveOf)
export const effectRows = reader('units', effectOf)
export const linearityRows = reader('linearity', linearityOf)
export const indexRows = reader('indices', indexOf)

/** Checkpoint → points of cumulative curves that are there, of one mode. */
export const knownPoints = (measured: Measured, mode: AblationMode): Record<string, CurvePointName[]> =>
  Object.fromEntries(
    group(
      curveRows(measured).filter((row) => row.mode === mode),
      ({ checkpoint }) => checkpoint,
    ),
  )

/** Checkpoint → site → units whose effects are there, of one mode. */
export function knownUnits(measured: Measured, mode: AblationMode): Record<string, Record<string, number[]>> {
  const own = effectRows(measured).filter((row) => row.mode === mode)
  const found = group(
    own,
    ({ checkpoint }) => checkpoint,
    ({ site }) => site,
  )
  const units = (rows: readonly EffectRow[]) => rows.map(({ unit }) => unit)
  return Object.fromEntries(
    [...found].map(([checkpoint, sites]) => [
      checkpoint,
      Object.fromEntries([...sites].map(([site, rows]) => [site, units(rows)])),
    ]),
  )
}

export type CurveMeasure = 'loss' | 'top1' | 'top5'

/**
 * Area under a curve over the share of ablated units from 0 to 1 (trapezoid), in multiples of the value with no unit ablated.
 * NaN where that value is 0 or its point is missing.
 */
export function curveArea(points: readonly CurveRow[], measure: CurveMeasure): number {
  const own = [...points].sort((a, b) => a.n - b.n)
  const start = own[0]?.n === 0 && own[0][measure] > 0 ? own[0][measure] : Number.NaN
  return own.slice(1).reduce((area, point, i) => {
    const height = (point[measure] + own[i][measure]) / 2 / start
    return area + (point.share - own[i].share) * height
  }, 0 * start)
}
