/** Chooses the runs on which a claim is judged, and reads their series. */
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

/** “Early” is this share of training, from its start. */
export const earlyShare = 1 / 5

/** Regularizer windows that have an effect: α is not 0 and they start before the end of training. */
export const windowsOf = ({ config }: RunRecord): Window[] =>
  config.regularizer.schedule.filter(({ alpha, fromEpoch }) => alpha !== 0 && fromEpoch < config.train.epochs)

/** Why a run cannot be judged; undefined when it can. */
export function unfit(run: RunRecord): string | undefined {
  if (run.state !== 'finished') return `it did not finish (${run.state}): ${run.message}`
  if (run.held) return 'α was set by hand during the run, so no other seed repeats it'
  if (run.changes.length > 0) return 'it went on with other images than it began with, so no other seed repeats it'
  return undefined
}

export interface Chosen {
  readonly runs: readonly RunRecord[]
  readonly leftOut: readonly LeftOut[]
}

/** The largest set; the first one of several equally large ones. */
export function largest<T>(sets: readonly (readonly T[])[]): readonly T[] {
  return sets.reduce<readonly T[]>((best, own) => (own.length > best.length ? own : best), [])
}

/**
 * Finished runs without a regularizer, one for each seed, of the configuration with the most seeds. Runs and configurations
 * for which `has` is true are preferred.
 */
export function unregularized(runs: readonly RunRecord[], has: (run: RunRecord) => boolean): Chosen {
  const reasons = new Map<RunRecord, string>()
  for (const run of runs) {
    const reason = unfit(run) ?? (windowsOf(run).length > 0 ? 'it has a regularizer' : undefined)
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
    reasons.set(
      run,
      same ? 'another run with the same seed is judged' : 'its configuration differs from the judged one',
    )
  }
  return { runs: arm, leftOut: [...reasons].map(([run, reason]) => ({ run: run.name, reason })) }
}

/** A caution for each run whose final accuracy is at chance. */
export const chanceCautions = (runs: readonly RunRecord[]): string[] =>
  runs.flatMap((run) => {
    const last = finalEvaluation(run)
    return last && atChance(run, last)
      ? [`${run.name} ends at chance: top-1 ${(100 * last.top1).toFixed(1)} % of ${last.images} images.`]
      : []
  })

/** The value at an epoch; NaN without one. */
export function valueAt({ epochs, values }: Series, epoch: number): number {
  const at = epochs.findIndex((own) => Math.abs(own - epoch) < 1e-6)
  return at < 0 ? Number.NaN : values[at]
}

/** The seed's number: the difference of two terms, or the only term. */
export function seedValue({ name, config }: RunRecord, terms: readonly Omit<Term, 'run'>[]): SeedValue {
  const [first, second] = terms
  return {
    seed: config.seed,
    value: second ? first.value - second.value : first.value,
    terms: terms.map((term) => ({ run: name, ...term })),
  }
}

/** Epochs at which every series has a finite value. */
export const commonMoments = (all: readonly Series[]): number[] =>
  (all[0]?.epochs ?? []).filter((epoch) => all.every((own) => Number.isFinite(valueAt(own, epoch))))

/** The epoch, of those given, at which the mean of the series is highest; undefined without epochs. */
export function peakOf(all: readonly Series[], moments: readonly number[]): number | undefined {
  const height = (epoch: number) => mean(all, (own) => valueAt(own, epoch)) ?? Number.NaN
  return moments.reduce<number | undefined>(
    (best, epoch) => (best === undefined || height(epoch) > height(best) ? epoch : best),
    undefined,
  )
}
