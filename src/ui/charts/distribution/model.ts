/** Numbers of the distribution chart: counts of a site's units by SI, quartiles and ranks. */
import { bin, quantile } from 'd3-array'

/** A row of a plot, whose marks are found by their names. */
export type HistogramRow = {
  /** Middle of the bin. */
  readonly x: number
  readonly units: number
  readonly floor: number
}

export const binWidth = 0.04

/** Counts of units and of chance floors in bins of equal width from 0 to 1. */
export function histogram(selectivity: readonly number[], floor: readonly number[]): HistogramRow[] {
  const bins = Math.round(1 / binWidth)
  const edges = Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins)
  const counted = bin().domain([0, 1]).thresholds(edges)
  const [units, chance] = [counted([...selectivity]), counted([...floor])]
  return units.map((own, i) => ({ x: (i + 0.5) / bins, units: own.length, floor: chance[i].length }))
}

/** The lower quartile, the median and the upper quartile, with linear interpolation. */
export const quartiles = (values: readonly number[]): number[] =>
  [0.25, 0.5, 0.75].map((share) => quantile(values, share) ?? 0)

/** The indices of units by descending value; values that are no number come last. Ties keep the order of the units. */
export function ranked(values: readonly number[]): number[] {
  const keys = values.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value))
  return keys.map((_, i) => i).sort((a, b) => keys[b] - keys[a] || a - b)
}
