/** The readout of the comparison. */
import type { GroupSeries } from '../../experiments/compare.ts'
import type { ReadoutValue } from '../plot/readout.tsx'
import { type PlotProps, shown } from './compare-geometry.ts'
import { type CompareRow, factorOf } from './compare-model.ts'
import { amount, rangeText } from './numbers.ts'
import { runStyle } from './run-style.ts'

/** The epoch with values that is nearest to a position on the axis; null if there is none. */
export const nearestEpoch = (rows: readonly CompareRow[], at: number): number | null =>
  rows.length === 0 ? null : rows.reduce((a, b) => (Math.abs(b.x - at) < Math.abs(a.x - at) ? b : a)).x

/** The values at an epoch of the rows: one for each group. */
export function readoutOf(props: Pick<PlotProps, 'series' | 'rows' | 'hidden'>, epoch: number): ReadoutValue[] {
  const row = props.rows.find(({ x }) => x === epoch)
  return shown(props).flatMap(({ one, index }) => {
    const value = row?.[`${index}`]
    if (typeof value !== 'number') return []
    const { color } = runStyle(index)
    return [{ label: one.group.name, value: tipText(one, value, row?.[`${index}.band`]), color }]
  })
}

function tipText({ metric }: GroupSeries, value: number, range: CompareRow[string] | undefined): string {
  const factor = factorOf(metric)
  const own = amount(value / factor, metric.unit)
  if (typeof range !== 'object') return own
  return `${own} (${rangeText({ lower: range[0] / factor, upper: range[1] / factor }, metric.unit)})`
}
