/** Measurements as rows of a run's tables, without the cells that name checkpoint, data and epoch. */
import type { MeasuredCells } from '../protocol/measurement.ts'
import type { Linearity } from './linearity.ts'
import type { SiteIndices } from './measure-indices.ts'
import { rounded } from './statistics.ts'

type Tables = Linearity['crossLayerCorrelation']['byK']

const whole = { site: '', other: '', k: '' }

const bySite = (measure: string, values: Readonly<Record<string, number>>): MeasuredCells[] =>
  Object.entries(values).map(([site, value]) => ({ ...whole, measure, site, value }))

const byPair = (measure: string, order: readonly string[], tables: Tables): MeasuredCells[] =>
  Object.entries(tables).flatMap(([k, table]) =>
    order.flatMap((site, i) => order.map((other, j) => ({ measure, site, other, k, value: table[i][j] }))),
  )

/** Rows of linearity.csv; each names the pairing and the seed. */
export function linearityRows(found: Linearity): MeasuredCells[] {
  const { pairs, seed, affineDeviation, gateConstancy, readOut, crossLayerCorrelation } = found
  const { order, byK, control } = crossLayerCorrelation
  const rows = [
    { ...whole, measure: 'affineDeviation', value: affineDeviation },
    ...bySite('gateConstancy', gateConstancy),
    ...bySite('readOut', readOut),
    ...byPair('crossLayerCorrelation', order, byK),
    ...byPair('crossLayerControl', order, control),
  ]
  return rows.map((row) => ({ ...row, pairs, seed }))
}

/** Rows of indices.csv: one for each unit and index. */
export const indexRows = ({ site: { module, name }, indices, floor }: SiteIndices): MeasuredCells[] =>
  Object.entries(indices).flatMap(([index, values]) =>
    Array.from(values, (value, unit) => ({
      module,
      site: name,
      unit,
      index,
      value: rounded(value),
      floor: rounded(chanceOf(floor, index)[unit] ?? Number.NaN),
    })),
  )

const chanceOf = (floor: SiteIndices['floor'], index: string): ArrayLike<number> =>
  new Map<string, Float64Array>(Object.entries(floor)).get(index) ?? []
