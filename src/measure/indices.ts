/**
 * Indices of class selectivity as options of one calculator: SI, CCMAS, class d′ and the precision of a unit's most
 * activating images. All stream, and all are per unit.
 */
import { rollup } from 'd3-array'
import type { IndexName } from '../protocol/measurement.ts'
import { seenClasses, selectivityIndex } from './selectivity.ts'
import { createTopK, offer, type TopEntry, topOf } from './top-k.ts'

export type { IndexName }

export const indexNames = ['selectivity', 'ccmas', 'dprime', 'precision'] as const satisfies readonly IndexName[]

/** How many of a unit's most activating images `precision` considers (Zhou et al. 2018). */
const topImages = 60

/** The requested indices, [units] each. NaN where a unit has none: a dead unit has no precision. */
export type UnitIndices = Readonly<Partial<Record<IndexName, Float64Array>>>

export interface IndexCalculator {
  /** Adds a batch. pooled: [N · units], labels: [N]. */
  readonly add: (pooled: Float32Array, labels: Int32Array) => void
  /** The indices so far. Throws Error with images of fewer than two classes. */
  readonly result: () => UnitIndices
}

/** The largest share that one class has among a unit's most activating images; NaN for a unit that no image activates. */
function precisionOf(top: readonly TopEntry[]): number {
  if (top.length === 0) return Number.NaN
  const counts = rollup(
    top,
    (own) => own.length,
    ({ item }) => item,
  )
  return Math.max(...counts.values()) / top.length
}

/** Calculates the named indices of one site with `units` units. */
export function createIndices(
  classes: number,
  units: number,
  names: readonly IndexName[] = indexNames,
): IndexCalculator {
  const sums: ClassSums = {
    units,
    counts: new Float64Array(classes),
    sums: new Float64Array(classes * units),
    squares: new Float64Array(classes * units),
  }
  const top = names.includes('precision') ? createTopK(units, topImages) : null
  const calculate: Readonly<Record<IndexName, (unit: number) => number>> = {
    selectivity: (u) => selectivityIndex(classMeans(sums, u)).selectivity,
    ccmas: (u) => ccmasOf(unitMoments(sums, u)),
    dprime: (u) => dprimeOf(unitMoments(sums, u)),
    precision: (u) => (top ? precisionOf(topOf(top, u)) : Number.NaN),
  }
  return {
    add: (pooled, labels) => {
      for (const [n, label] of labels.entries()) {
        const row = pooled.subarray(n * units, (n + 1) * units)
        addImage(sums, row, label)
        if (top) for (let u = 0; u < units; u++) offer(top, u, row[u], label)
      }
    },
    result: () =>
      Object.fromEntries(
        names.map((name) => [name, Float64Array.from({ length: units }, (_, u) => calculate[name](u))]),
      ),
  }
}

interface ClassSums {
  readonly units: number
  /** [classes] */
  readonly counts: Float64Array
  /** [classes · units]: sums of activations and of their squares. */
  readonly sums: Float64Array
  readonly squares: Float64Array
}

function addImage({ units, counts, sums, squares }: ClassSums, row: Float32Array, label: number): void {
  counts[label]++
  for (let u = 0; u < units; u++) {
    sums[label * units + u] += row[u]
    squares[label * units + u] += row[u] * row[u]
  }
}

const classMeans = ({ counts, sums, units }: ClassSums, u: number): number[] =>
  seenClasses(counts).map((c) => sums[c * units + u] / counts[c])

interface Moments {
  readonly mean: number
  readonly variance: number
}

const moments = (count: number, sum: number, square: number): Moments => {
  const mean = sum / count
  return { mean, variance: Math.max(0, square / count - mean * mean) }
}

/** Mean and variance over the images of the preferred class, and over all other images pooled. */
function unitMoments({ counts, sums, squares, units }: ClassSums, u: number) {
  const seen = seenClasses(counts)
  const best = seen.reduce((a, b) => (sums[b * units + u] / counts[b] > sums[a * units + u] / counts[a] ? b : a))
  const rest = seen.filter((c) => c !== best)
  const total = (of: (c: number) => number) => rest.reduce((sum, c) => sum + of(c), 0)
  return {
    preferred: moments(counts[best], sums[best * units + u], squares[best * units + u]),
    rest: moments(
      total((c) => counts[c]),
      total((c) => sums[c * units + u]),
      total((c) => squares[c * units + u]),
    ),
  }
}

type Sides = { readonly preferred: Moments; readonly rest: Moments }

/** CCMAS = (μ_preferred − μ_rest) / (μ_preferred + μ_rest + 1e-6); μ_rest pools all images of the other classes. 0 for a dead unit. */
const ccmasOf = ({ preferred, rest }: Sides): number =>
  (preferred.mean - rest.mean) / (preferred.mean + rest.mean + 1e-6)

/** d′ = (μ_preferred − μ_rest) / √((σ²_preferred + σ²_rest) / 2). 0 where both variances are 0, as for a dead unit. */
function dprimeOf({ preferred, rest }: Sides): number {
  const deviation = Math.sqrt((preferred.variance + rest.variance) / 2)
  return deviation === 0 ? 0 : (preferred.mean - rest.mean) / deviation
}
