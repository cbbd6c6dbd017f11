/** Which runs a claim is judged on, and what they have in common. */
import { group, mean } from 'd3-array'
import type { Window } from '../../config/fields.ts'
import { armKey, oneOfEachSeed } from '../groups.ts'
import type { Series } from '../metrics.ts'
import { atChance, finalEvaluation, type RunRecord } from '../record.ts'
import type { SeedValue, Term } from './judge.ts'

export interface LeftOut {
  readonly run: string
  readonly reason: string
}

/** Early is the first fifth of training. */
export const earlyShare = 1 / 5

/** Regularizer windows that do something. */
export const windowsOf = ({ config }: RunRecord): Window[] =>
  config.regularizer.schedule.filter(({ alpha, fromEpoch }) => alpha !== 0 && fromEpoch < config.train.epochs)

/** Why a run cannot be judged, or nothing. */
export function unfit(run: RunRecord): string | undefined {
  if (run.state !== 'finished') return `it did not come to its end (${run.state}): ${run.message}`
  if (run.held) return 'α was held by hand, so that no other seed repeats it'
  return undefined
}

export interface Chosen {
  readonly runs: readonly RunRecord[]
  readonly leftOut: readonly LeftOut[]
}

/** The largest of some sets, the first of those that are equally large. */
export function largest<T>(sets: readonly (readonly T[])[]): readonly T[] {
  return sets.reduce<readonly T[]>((best, own) => (own.length > best.length ? own : best), [])
}

/**
 * Finished runs without regularizer, one of each seed, of the configuration with most seeds. Among the runs of a seed, and
 * among configurations, those that have what is asked for come first.
 */
export function unregularized(runs: readonly RunRecord[], has: (run: RunRecord) => boolean): Chosen {
  const reasons = new Map<RunRecord, string>()
  for (const run of runs) {
    const reason = unfit(run) ?? (windowsOf(run).length > 0 ? 'it is regularized' : undefined)
    if (reason) reasons.set(run, reason)
  }
  const fit = runs.filter((run) => !reasons.has(run)).sort((a, b) => Number(has(b)) - Number(has(a)))
  const keyOf = (run: RunRecord) => armKey(run, ['regularizer'])
  const arms = [...group(fit, keyOf).values()].map(oneOfEachSeed)
  const having = largest(arms.map((arm) => arm.filter(has)))
  const [one] = having.length > 0 ? having : largest(arms)
  const arm = arms.find((own) => own.includes(one)) ?? []
  const seeds = new Set(arm.map(({ config }) => config.seed))
  for (const run of fit.filter((own) => !arm.includes(own))) {
    const same = seeds.has(run.config.seed) && keyOf(run) === keyOf(one)
    reasons.set(run, same ? 'another run of its seed is judged' : 'its configuration differs from the one judged')
  }
  return { runs: arm, leftOut: [...reasons].map(([run, reason]) => ({ run: run.name, reason })) }
}

/** What a reader should know of runs whose end cannot be told from chance. */
export const chanceCautions = (runs: readonly RunRecord[]): string[] =>
  runs.flatMap((run) => {
    const last = finalEvaluation(run)
    return last && atChance(run, last)
      ? [`${run.name} ends at chance: top-1 ${(100 * last.top1).toFixed(1)} % of ${last.images} images.`]
      : []
  })

/** The value at a moment; NaN where there is none. */
export function valueAt({ epochs, values }: Series, epoch: number): number {
  const at = epochs.findIndex((own) => Math.abs(own - epoch) < 1e-6)
  return at < 0 ? Number.NaN : values[at]
}

/** A seed's difference of two terms, or its one term. */
export function seedValue({ name, config }: RunRecord, terms: readonly Omit<Term, 'run'>[]): SeedValue {
  const [first, second] = terms
  return {
    seed: config.seed,
    value: second ? first.value - second.value : first.value,
    terms: terms.map((term) => ({ run: name, ...term })),
  }
}

/** Moments at which every series has a number. */
export const commonMoments = (all: readonly Series[]): number[] =>
  (all[0]?.epochs ?? []).filter((epoch) => all.every((own) => Number.isFinite(valueAt(own, epoch))))

/** The moment among some at which the mean of the series is highest; undefined where there is none. */
export function peakOf(all: readonly Series[], moments: readonly number[]): number | undefined {
  const height = (epoch: number) => mean(all, (own) => valueAt(own, epoch)) ?? Number.NaN
  return moments.reduce<number | undefined>(
    (best, epoch) => (best === undefined || height(epoch) > height(best) ? epoch : best),
    undefined,
  )
}
