/**
 * Indices of class selectivity as options of one calculator: SI, CCMAS, class d′ and the precision of a unit's most
 * activating images. They stream; all are per unit.
 */
import type { IndexName } from '../protocol/measurement.ts'
import { selectivityIndex } from './selectivity.ts'

export type { IndexName }

export const indexNames = ['selectivity', 'ccmas', 'dprime', 'precision'] as const satisfies readonly IndexName[]

/** How many of the most activating images `precision` looks at (Zhou et al. 2018). */
export const topImages = 60

/** The chosen indices, [units] each. */
export type UnitIndices = Readonly<Partial<Record<IndexName, Float64Array>>>

export interface IndexCalculator {
  /** pooled: [N · units], labels: [N]. */
  readonly add: (pooled: Float32Array, labels: Int32Array) => void
  readonly result: () => UnitIndices
}

/** The k largest values of one unit with their labels, in descending order; earlier images win ties. */
interface Leaders {
  readonly values: Float64Array
  readonly labels: Int32Array
  length: number
}

function offer(leaders: Leaders, value: number, label: number): void {
  const { values, labels } = leaders
  if (leaders.length === values.length && value <= values[values.length - 1]) return
  let at = Math.min(leaders.length, values.length - 1)
  while (at > 0 && values[at - 1] < value) {
    values[at] = values[at - 1]
    labels[at] = labels[at - 1]
    at--
  }
  values[at] = value
  labels[at] = label
  leaders.length = Math.min(leaders.length + 1, values.length)
}

/** The largest share that one class has among the leaders. */
function precisionOf({ labels, length }: Leaders, classes: number): number {
  const counts = new Float64Array(classes)
  for (let i = 0; i < length; i++) counts[labels[i]]++
  return length === 0 ? 0 : counts.reduce((a, b) => Math.max(a, b), 0) / length
}

/** For one site of `units` units; only the named indices are computed. */
export function createIndices(
  classes: number,
  units: number,
  names: readonly IndexName[] = indexNames,
): IndexCalculator {
  const counts = new Float64Array(classes)
  const sums = new Float64Array(classes * units)
  const squares = new Float64Array(classes * units)
  const leaders = Array.from(
    { length: names.includes('precision') ? units : 0 },
    (): Leaders => ({ values: new Float64Array(topImages), labels: new Int32Array(topImages), length: 0 }),
  )
  const calculate: Readonly<Record<IndexName, (unit: number) => number>> = {
    selectivity: (u) => selectivityIndex(classMeans(counts, sums, units, u)).selectivity,
    ccmas: (u) => ccmasOf(unitMoments(counts, sums, squares, units, u)),
    dprime: (u) => dprimeOf(unitMoments(counts, sums, squares, units, u)),
    precision: (u) => precisionOf(leaders[u], classes),
  }
  return {
    add: (pooled, labels) => {
      for (let n = 0; n < labels.length; n++) {
        counts[labels[n]]++
        for (let u = 0; u < units; u++) {
          const value = pooled[n * units + u]
          sums[labels[n] * units + u] += value
          squares[labels[n] * units + u] += value * value
          if (leaders.length > 0) offer(leaders[u], value, labels[n])
        }
      }
    },
    result: () =>
      Object.fromEntries(
        names.map((name) => [name, Float64Array.from({ length: units }, (_, u) => calculate[name](u))]),
      ),
  }
}

const seenClasses = (counts: Float64Array): number[] => {
  const seen = [...counts.keys()].filter((c) => counts[c] > 0)
  if (seen.length < 2) throw new Error(`selectivity needs images of at least two classes; have ${seen.length}`)
  return seen
}

const classMeans = (counts: Float64Array, sums: Float64Array, units: number, u: number): number[] =>
  seenClasses(counts).map((c) => sums[c * units + u] / counts[c])

interface Moments {
  readonly mean: number
  readonly variance: number
}

const moments = (count: number, sum: number, square: number): Moments => {
  const mean = sum / count
  return { mean, variance: Math.max(0, square / count - mean * mean) }
}

/** Mean and variance of the preferred class's images, and of all other images pooled. */
function unitMoments(counts: Float64Array, sums: Float64Array, squares: Float64Array, units: number, u: number) {
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

/** CCMAS = (μ_preferred − μ_rest) / (μ_preferred + μ_rest + 1e-6), the rest being all images of other classes pooled. */
const ccmasOf = ({ preferred, rest }: Sides): number =>
  (preferred.mean - rest.mean) / (preferred.mean + rest.mean + 1e-6)

/** d′ = (μ_preferred − μ_rest) / √((σ²_preferred + σ²_rest) / 2); 0 where nothing varies. */
function dprimeOf({ preferred, rest }: Sides): number {
  const deviation = Math.sqrt((preferred.variance + rest.variance) / 2)
  return deviation === 0 ? 0 : (preferred.mean - rest.mean) / deviation
}
