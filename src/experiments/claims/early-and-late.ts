/** Claims 2 and 3: compare measurements at the early peak of selectivity with those at the end. */
import {
  aboveFloor,
  extraHarm,
  type LinearityMeasure,
  linearityMeasures,
  linearityOf,
  modulesOf,
  momentsOf,
  type Series,
} from '../metrics.ts'
import { chanceTop1, type RunRecord } from '../record.ts'
import { type Condition, conditionOf, judge, minimumSeeds, type Part } from './judge.ts'
import {
  type Chosen,
  chanceCautions,
  commonMoments,
  earlyShare,
  peakOf,
  seedValue,
  unregularized,
  valueAt,
} from './runs.ts'

type Read = (run: RunRecord) => Series

/**
 * The checkpoint in the first fifth of training (without the initialization) that is nearest to the highest mean SI − floor
 * over seeds in that fifth. Selectivity chooses the checkpoint, not the quantity measured there. Undefined without one.
 * Returns its epoch.
 */
function earlyCheckpoint(runs: readonly RunRecord[], module: string, read: Read): number | undefined {
  const until = (runs[0]?.config.train.epochs ?? 0) * earlyShare + 1e-9
  const early = (epoch: number) => epoch > 0 && epoch <= until
  const selectivity = runs.map((run) => aboveFloor(run, module))
  const peak = peakOf(selectivity, commonMoments(selectivity).filter(early))
  if (peak === undefined) return undefined
  const away = (epoch: number) => Math.abs(epoch - peak)
  return momentsOf(runs.map(read))
    .filter(early)
    .reduce<number | undefined>(
      (best, epoch) => (best === undefined || away(epoch) < away(best) ? epoch : best),
      undefined,
    )
}

/** early − late (sign 1) or late − early (sign −1), for each seed. */
function change(
  what: { readonly id: string; readonly text: string; readonly sign: 1 | -1 },
  runs: readonly RunRecord[],
  read: Read,
  early: number | undefined,
): Condition {
  return conditionOf(
    what,
    runs.map((run) => {
      const at = (name: string, epoch: number) => ({ what: name, epoch, value: valueAt(read(run), epoch) })
      const terms = [at('early checkpoint', early ?? Number.NaN), at('end', run.config.train.epochs)]
      return seedValue(run, what.sign === 1 ? terms : terms.reverse())
    }),
  )
}

/** The value at the early checkpoint. */
const earlyValue = (
  what: { readonly id: string; readonly text: string },
  runs: readonly RunRecord[],
  read: Read,
  early = Number.NaN,
): Condition =>
  conditionOf(
    what,
    runs.map((run) => seedValue(run, [{ what: 'early checkpoint', epoch: early, value: valueAt(read(run), early) }])),
  )

const needs = (title: string, id: string, kind: string) =>
  `Run the plan “${title}” (plan ${id}) to its end, or take its measurement in another plan (--measure ${kind}), with at least ${minimumSeeds} seeds and five epochs, so that the first fifth of training has a checkpoint.`

/** A caution for runs whose early accuracy is near chance, since ablation can hardly lower it. */
function scopeCautions(runs: readonly RunRecord[], module: string, early: number | undefined): string[] {
  const low = runs.filter((run) => {
    const point = run.ablation.find((own) => own.module === module && own.epoch === early)
    return point !== undefined && point.top1 < 2 * chanceTop1(run)
  })
  if (low.length === 0) return []
  const names = low.map(({ name }) => name).join(', ')
  return [
    `At the early checkpoint (epoch ${early}) top-1 is below twice chance in ${names}, so ablation can hardly lower it.`,
  ]
}

export function matterEarly(all: readonly RunRecord[]): Chosen & { parts: Part[]; missing: string } {
  const missing = needs('Ablation over training', 'ablation-over-training', 'ablation')
  const chosen = unregularized(all, ({ ablation }) => ablation.length > 0)
  const { runs } = chosen
  const measured = modulesOf(runs).filter((module) => runs.some((run) => extraHarm(run, module).epochs.length > 0))
  const parts = measured.map((module) => {
    const read: Read = (run) => extraHarm(run, module)
    const early = earlyCheckpoint(runs, module, read)
    const more = 'extra harm of ablating selective units, early'
    const conditions = [
      change({ id: 'more-early', text: `${more}, minus at the end`, sign: 1 }, runs, read, early),
      earlyValue({ id: 'harm-early', text: more }, runs, read, early),
    ]
    return judge(module, conditions, missing, [...chanceCautions(runs), ...scopeCautions(runs, module, early)])
  })
  return { ...chosen, parts, missing }
}

/** Near-linear means a small deviation, constant gates, a good linear read-out and layers that correlate. */
const linear: Readonly<
  Record<LinearityMeasure, { readonly name: string; readonly text: string; readonly sign: 1 | -1 }>
> = {
  affineDeviation: { name: 'affine deviation', text: 'affine deviation at the end minus early', sign: -1 },
  gateConstancy: { name: 'gate constancy', text: 'gate constancy early minus at the end', sign: 1 },
  readOut: { name: 'linear read-out', text: 'R² of the read-out early minus at the end', sign: 1 },
  aboveControl: {
    name: 'cross-layer correlation',
    text: 'correlation of the most active units above that of random units, early minus at the end',
    sign: 1,
  },
}

export function nearLinearEarly(all: readonly RunRecord[]): Chosen & { parts: Part[]; missing: string } {
  const missing = needs('Linearity over training', 'linearity-over-training', 'linearity')
  const chosen = unregularized(all, ({ linearity }) => linearity.length > 0)
  const { runs } = chosen
  if (runs.every(({ linearity }) => linearity.length === 0)) return { ...chosen, parts: [], missing }
  const parts = linearityMeasures.map((measure) => {
    const { name, text, sign } = linear[measure]
    const read: Read = (run) => linearityOf(run, measure)
    const early = earlyCheckpoint(runs, 'network', read)
    const conditions = [change({ id: measure, text, sign }, runs, read, early)]
    if (measure === 'aboveControl') {
      const above = 'correlation of the most active units above that of random units, early'
      conditions.push(earlyValue({ id: 'above-control', text: above }, runs, read, early))
    }
    return judge(name, conditions, missing, chanceCautions(runs))
  })
  return { ...chosen, parts, missing }
}
