/** Measurements at a run's checkpoints: the tables, and their rows as numbers. */
import { group } from 'd3-array'
import { relativeArea } from '../area.ts'
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
  inOnePairing,
  type MeasuredTexts,
  measuredTables,
  numberOf,
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

/** Adds rows in place; replaces rows with the same key. Throws Error for a missing column. */
export function addRows(measured: GrowingMeasured, table: MeasuredTable, rows: readonly MeasuredCells[]): void {
  for (const row of rows) measured.tables[table].put(row)
  measured.version++
}

export function addCorrelations(measured: GrowingMeasured, name: string, modules: readonly ImpactCorrelation[]): void {
  measured.correlations.set(name, modules)
  measured.version++
}

/** The tables that have rows, as CSV. */
export const measuredTexts = ({ tables: own }: Measured): MeasuredTexts =>
  Object.fromEntries(measuredTables.flatMap((name) => (own[name].rows().length > 0 ? [[name, own[name].text()]] : [])))

interface OnCheckpoint {
  /** File name. */
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
  /** `seeded` or `data-order`; one of them for each checkpoint and dataset. */
  readonly pairs: string
}

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

const linearityOf = ({ measure, site, other, k, value, pairs, ...row }: Row): LinearityRow => ({
  ...onCheckpoint(row),
  measure,
  site,
  other,
  k,
  value: numberOf(value),
  pairs,
})

/** Reads the rows of a table as numbers; parses them once for each version. */
function reader<T>(
  table: MeasuredTable,
  parse: (row: Row) => T,
  choose: (rows: readonly Row[]) => readonly Row[] = (rows) => rows,
): (measured: Measured) => readonly T[] {
  const known = new WeakMap<Measured, { version: number; rows: readonly T[] }>()
  return (measured) => {
    const { version } = measured
    const found = known.get(measured)
    if (found?.version === version) return found.rows
    const rows = choose(measured.tables[table].rows()).map(parse)
    known.set(measured, { version, rows })
    return rows
  }
}

export const curveRows = reader('curves', curveOf)
export const effectRows = reader('units', effectOf)
export const linearityRows = reader('linearity', linearityOf, inOnePairing)
export const indexRows = reader('indices', indexOf)

/** The points of cumulative curves measured with one mode, by checkpoint. */
export const knownPoints = (measured: Measured, mode: AblationMode): Record<string, CurvePointName[]> =>
  Object.fromEntries(
    group(
      curveRows(measured).filter((row) => row.mode === mode),
      ({ checkpoint }) => checkpoint,
    ),
  )

/** The units whose effects were measured with one mode, by checkpoint and site. */
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

/** `relativeArea` of a curve's points. */
export const curveArea = (points: readonly CurveRow[], measure: CurveMeasure): number =>
  relativeArea(points.map((point) => ({ share: point.share, value: point[measure] })))
