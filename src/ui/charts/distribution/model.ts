/** Distribution of a site's units over SI. */
import { bin, quantile } from 'd3-array'

export interface HistogramRow {
  /** Middle of the bin. */
  readonly x: number
  readonly units: number
  readonly floor: number
}

export const binWidth = 0.04

/** Counts in bins of equal width over 0 … 1. */
export function histogram(selectivity: readonly number[], floor: readonly number[]): HistogramRow[] {
  const bins = Math.round(1 / binWidth)
  const edges = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins)
  const counted = bin().domain([0, 1]).thresholds(edges)
  const [units, chance] = [counted([...selectivity]), counted([...floor])]
  return units.map((own, i) => ({ x: (i + 0.5) / bins, units: own.length, floor: chance[i].length }))
}

/** Lower quartile, median and upper quartile; linear between neighbors. */
export const quartiles = (values: readonly number[]): number[] =>
  [0.25, 0.5, 0.75].map((share) => quantile(values, share) ?? 0)

/** Indices of units in descending order of a value; ties in the units' order. */
export const ranked = (values: readonly number[]): number[] =>
  values.map((_, i) => i).sort((a, b) => values[b] - values[a] || a - b)
