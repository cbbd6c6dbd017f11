/** Claim 1: SI − floor of a module rises early and recedes, but not completely. */
import { aboveFloor, modulesOf, type Series } from '../metrics.ts'
import type { RunRecord } from '../record.ts'
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

const missing = `Run the plan “Rise and recede” (plan rise-and-recede) to its end with at least ${minimumSeeds} seeds; the runs need probes at the initialization, within the first fifth of training, after it and at the end.`

interface Seed {
  readonly run: RunRecord
  readonly own: Series
  /** Epochs at which the mean of the other seeds peaks; undefined without a probe. */
  readonly early: number | undefined
  readonly late: number | undefined
}

/** Takes each seed's peaks from the other seeds, so that its own noise does not choose where it is measured. */
function seedsOf(runs: readonly RunRecord[], module: string): Seed[] {
  const all = runs.map((run) => aboveFloor(run, module))
  const moments = commonMoments(all)
  return runs.map((run, i) => {
    const others = all.length > 1 ? all.filter((_, j) => j !== i) : all
    const until = run.config.train.epochs * earlyShare + 1e-9
    const early = moments.filter((epoch) => epoch > 0 && epoch <= until)
    const late = moments.filter((epoch) => epoch > until)
    return { run, own: all[i], early: peakOf(others, early), late: peakOf(others, late) }
  })
}

function conditionsOf(seeds: readonly Seed[]): Condition[] {
  const at = ({ own }: Seed, what: string, epoch = Number.NaN) => ({ what, epoch, value: valueAt(own, epoch) })
  const peak = (seed: Seed) => at(seed, 'early peak', seed.early)
  const end = (seed: Seed) => at(seed, 'end', seed.run.config.train.epochs)
  const condition = (id: string, text: string, terms: (seed: Seed) => Parameters<typeof seedValue>[1]) =>
    conditionOf(
      { id, text },
      seeds.map((seed) => seedValue(seed.run, terms(seed))),
    )
  return [
    condition('recede', 'SI − floor at the early peak minus at the end', (seed) => [peak(seed), end(seed)]),
    condition('rise', 'SI − floor at the early peak minus at the initialization', (seed) => [
      peak(seed),
      at(seed, 'initialization', 0),
    ]),
    condition('early', 'SI − floor at the early peak minus at the peak of the rest of training', (seed) => [
      peak(seed),
      at(seed, 'late peak', seed.late),
    ]),
    condition('remain', 'SI − floor at the end', (seed) => [end(seed)]),
  ]
}

export function riseAndRecede(all: readonly RunRecord[]): Chosen & { parts: Part[]; missing: string } {
  const chosen = unregularized(all, ({ probes }) => probes.length > 0)
  const cautions = chanceCautions(chosen.runs)
  const parts = modulesOf(chosen.runs).map((module) =>
    judge(module, conditionsOf(seedsOf(chosen.runs, module)), missing, cautions),
  )
  return { ...chosen, parts, missing }
}
