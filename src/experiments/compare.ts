/** Compares arms: series with bands over seeds, and final accuracies with paired differences. */
import { extent } from 'd3-array'
import { bootstrap, type Interval, mean } from '../measure/statistics.ts'
import { stream } from '../random.ts'
import { oneOfEachSeed, type RunGroup } from './groups.ts'
import { type Estimate, estimate } from './interval.ts'
import { type Metric, momentsOf, resample } from './metrics.ts'
import { finalEvaluation } from './record.ts'

/** The kinds of band over seeds. `interval`: Student's t, 95 % (see interval.ts). `deviation`: mean ± one standard deviation. */
export const bandKinds = ['none', 'range', 'deviation', 'interval'] as const
export type BandKind = (typeof bandKinds)[number]

/** A mean and a band at one epoch. NaN without a run at that epoch, or with a single run when the band needs two. */
export interface Band extends Interval {
  /** Runs that have a finite value there. */
  readonly n: number
  readonly mean: number
}

export function bandOf(values: readonly number[], kind: BandKind): Band {
  const { n, mean: middle, deviation, lower, upper } = estimate(values)
  const band = (low = Number.NaN, high = Number.NaN): Band => ({ n, mean: middle, lower: low, upper: high })
  switch (kind) {
    case 'none':
      return band()
    case 'range':
      return band(...extent(values.filter(Number.isFinite)))
    case 'deviation':
      return band(middle - deviation, middle + deviation)
    case 'interval':
      return band(lower, upper)
    default:
      return kind satisfies never
  }
}

export interface GroupSeries {
  readonly group: RunGroup
  readonly metric: Metric
  /** The kind of the bands. */
  readonly kind: BandKind
  /** Every epoch at which any member has a value. */
  readonly epochs: readonly number[]
  /** One band for each epoch. */
  readonly bands: readonly Band[]
  /** The values of each run at these epochs, interpolated between its own epochs. */
  readonly members: readonly { readonly run: string; readonly seed: number; readonly values: readonly number[] }[]
}

/** A metric over epochs, one series for each group. A seed that was run twice counts once. */
export const compareSeries = (groups: readonly RunGroup[], metric: Metric, kind: BandKind): GroupSeries[] =>
  groups.map((group) => {
    const runs = oneOfEachSeed(group.runs)
    const own = runs.map(metric.of)
    const epochs = momentsOf(own)
    const members = runs.map(({ name, config }, i) => ({
      run: name,
      seed: config.seed,
      values: resample(own[i], epochs),
    }))
    const bands = epochs.map((_, i) =>
      bandOf(
        members.map(({ values }) => values[i]),
        kind,
      ),
    )
    return { group, metric, kind, epochs, bands, members }
  })

export interface FinalScore {
  readonly group: string
  /** Over the finished runs. */
  readonly top1: Estimate
  readonly runs: readonly { readonly run: string; readonly seed: number; readonly top1: number }[]
  /** Names of the runs that did not finish. */
  readonly unfinished: readonly string[]
}

/** Top-1 at the end of training, by group. */
export const finalScores = (groups: readonly RunGroup[]): FinalScore[] =>
  groups.map(({ name, runs: all }) => {
    const chosen = oneOfEachSeed(all)
    const runs = chosen.flatMap((record) => {
      const top1 = finalEvaluation(record)?.top1
      return top1 === undefined ? [] : [{ run: record.name, seed: record.config.seed, top1 }]
    })
    const unfinished = chosen.filter((record) => !finalEvaluation(record)).map((record) => record.name)
    return { group: name, top1: estimate(runs.map(({ top1 }) => top1)), runs, unfinished }
  })

export interface PairedDifference {
  readonly group: string
  readonly reference: string
  /** reference − group for each seed that both have. */
  readonly seeds: readonly { readonly seed: number; readonly difference: number }[]
  /** With Student's t interval, which the claims use. */
  readonly difference: Estimate
  /** Percentile bootstrap over the seeds, 10,000 samples; too narrow for few seeds. NaN for fewer than two. */
  readonly bootstrapped: Interval
}

/** Number of bootstrap samples for paired differences. */
const samples = 10000

function bootstrapOf(values: readonly number[], name: string, seed: number): Interval {
  if (values.length < 2) return { lower: Number.NaN, upper: Number.NaN }
  return bootstrap(values.length, (chosen) => mean(Array.from(chosen, (i) => values[i])), {
    random: stream(seed, 'paired differences', name),
    samples,
  })
}

/** Final top-1 of a reference group minus that of each other group. Throws RangeError for an unknown reference. */
export function pairedDifferences(groups: readonly RunGroup[], reference: string, seed = 1): PairedDifference[] {
  const scores = finalScores(groups)
  const own = scores.find(({ group }) => group === reference)
  if (!own) throw new RangeError(`unknown arm: ${reference} (have ${groups.map(({ name }) => name).join(', ')})`)
  const top1 = new Map(own.runs.map((run) => [run.seed, run.top1]))
  return scores
    .filter((other) => other !== own)
    .map(({ group, runs }) => {
      const seeds = runs.flatMap((run) => {
        const first = top1.get(run.seed)
        return first === undefined ? [] : [{ seed: run.seed, difference: first - run.top1 }]
      })
      const values = seeds.map(({ difference }) => difference)
      return { group, reference, seeds, difference: estimate(values), bootstrapped: bootstrapOf(values, group, seed) }
    })
}
