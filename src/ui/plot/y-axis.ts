/** Domain and ticks of a y axis, computed from the drawn values. */
import { extent } from 'd3-array'
import { scaleLinear, scaleLog } from 'd3-scale'

export interface YAxisModel {
  readonly scale: 'linear' | 'log'
  readonly domain: readonly [number, number]
  readonly ticks: readonly number[]
}

const linear = (low: number, high: number): YAxisModel => {
  const scale = scaleLinear()
    .domain(high - low > 1e-9 * Math.max(1, Math.abs(low), Math.abs(high)) ? [low, high] : [low, low + 1])
    .nice(4)
  const [from, to] = scale.domain()
  return { scale: 'linear', domain: [from, to], ticks: scale.ticks(4) }
}

/** 1, 2 and 5 of every decade; evenly spaced numbers if the domain holds fewer than two of them. */
function logTicks(low: number, high: number): number[] {
  const round = scaleLog()
    .domain([low, high])
    .ticks(20)
    .filter((tick) => /^[125]e/.test(tick.toExponential(2).replace(/\.0+e/, 'e')))
  return round.length >= 2 ? round : scaleLinear().domain([low, high]).ticks(4)
}

/** A linear axis that contains 0 and all finite values. */
export function axisFromZero(values: Iterable<number>): YAxisModel {
  const [low = 0, high = 1] = extent([0, ...values].filter(Number.isFinite))
  return linear(low, high)
}

/** A linear axis that contains all finite values. */
export function linearAxis(values: Iterable<number>): YAxisModel {
  const [low = 0, high = 1] = extent([...values].filter(Number.isFinite))
  return linear(low, high)
}

/** A logarithmic axis that contains all positive values. Ignores the others. */
export function logAxis(values: Iterable<number>): YAxisModel {
  const [low = 1, high = 10] = extent([...values].filter((value) => Number.isFinite(value) && value > 0))
  const domain = [low / 1.05, high * 1.05] as const
  return { scale: 'log', domain, ticks: logTicks(...domain) }
}

/** The values at one position of the x axis, by key: numbers, and bands as pairs. */
export interface PlotRow {
  readonly x: number
  readonly [key: string]: number | readonly [number, number] | undefined
}

/** The values under the given keys in rows inside [from, to], bands included. Uses all rows if none is inside. */
export function valuesWithin(
  rows: readonly PlotRow[],
  keys: readonly string[],
  [from, to]: readonly [number, number],
): number[] {
  const inside = rows.filter(({ x }) => x >= from && x <= to)
  return (inside.length > 0 ? inside : rows).flatMap((row) => keys.flatMap((key) => row[key] ?? []))
}
