/** What a plan will take, from the measured cost of its parts. */
import type { RunConfig } from '../config/config.ts'
import type { AblationMeasure, Measure, Plan, PlannedRun, UnitsMeasure } from './plan.ts'
import { expandPlan, isMeasured, moduleNames, savedEpochs } from './plan.ts'

/** Measured by a few steps on the adapter; seconds and bytes of one each. */
export interface Costs {
  readonly stepsPerEpoch: number
  /** Of beginning a run: reading images, opening the adapter, compiling. */
  readonly start: { readonly seconds: number }
  readonly step: { readonly seconds: number; readonly bytes: number }
  /** A pass over all held-out images. */
  readonly evaluation: { readonly seconds: number; readonly bytes: number }
  readonly probe: { readonly seconds: number; readonly bytes: number }
  readonly checkpoint: { readonly seconds: number; readonly bytes: number }
}

/** How often a run does what. */
export interface Counts {
  readonly steps: number
  readonly evaluations: number
  readonly probes: number
  readonly checkpoints: number
}

export interface RunEstimate extends Counts {
  readonly seconds: number
  readonly bytes: number
}

export interface PlanEstimate extends RunEstimate {
  readonly runs: number
  /** Of `seconds`, those of the measurements at checkpoints. */
  readonly measureSeconds: number
}

/** A probe at the initialisation and at every epoch's end, several within the early ones: one a step at most. */
export function countsOf(config: RunConfig, stepsPerEpoch: number): Counts {
  const { train, probe } = config
  const { epochs } = train
  const early = Math.min(probe.earlyEpochs, epochs)
  return {
    steps: stepsPerEpoch * epochs,
    evaluations: epochs + 1,
    probes: 1 + early * Math.min(probe.perEarlyEpoch, stepsPerEpoch) + (epochs - early),
    checkpoints: savedEpochs(config).length,
  }
}

/**
 * Passes over the held-out images that ablating at one checkpoint is worth: each point of a curve computes again what lies
 * behind the module's first block, taken as the share of the modules that do.
 */
const ablationPasses = ({ modules, draws, points }: AblationMeasure) =>
  sharesBehind(modules).reduce((sum, share) => sum + share * ((1 + draws) * (points - 2) + 2), 0)

/** Of each module, what lies behind its first block as a share of the modules. */
const sharesBehind = (modules: readonly string[] | null) =>
  moduleNames
    .filter((name) => modules?.includes(name) ?? true)
    .map((name) => 1 - moduleNames.indexOf(name) / moduleNames.length)

export interface ModuleUnits {
  readonly module: string
  readonly ofSite: number
  readonly inAll: number
}

/** Units at the sites of modules; null for all of them. */
export const unitsByModule = ({ model: { blocks, width, block } }: RunConfig, modules: readonly string[] | null) =>
  moduleNames.flatMap((module, i): ModuleUnits[] => {
    const ofSite = width * 2 ** i * (block === 'basic' ? 1 : 4)
    return (modules?.includes(module) ?? true) ? [{ module, ofSite, inAll: blocks[i] * ofSite }] : []
  })

/** As for curves: a unit is a pass of what lies behind. */
function unitPasses({ modules, sample }: UnitsMeasure, config: RunConfig): number {
  const units = unitsByModule(config, modules)
  return sharesBehind(modules).reduce((sum, share, i) => sum + share * Math.min(units[i].inAll, sample ?? Infinity), 0)
}

/** Linearity passes all images and half as many mixtures forward; the read-out's sums take as long again, taken roughly. */
const linearityPasses = 3

const measurePasses = ({ ablation, units, linearity }: Measure, config: RunConfig) =>
  (ablation ? ablationPasses(ablation) : 0) +
  (units ? unitPasses(units, config) : 0) +
  (linearity ? linearityPasses : 0)

const measuredCheckpoints = (measure: Measure, config: RunConfig) =>
  savedEpochs(config).filter((epoch) => isMeasured(measure, epoch)).length

/** One run's training. */
export function estimateRun(config: RunConfig, costs: Costs): RunEstimate {
  const counts = countsOf(config, costs.stepsPerEpoch)
  const sum = (key: 'seconds' | 'bytes') =>
    counts.steps * costs.step[key] +
    counts.evaluations * costs.evaluation[key] +
    counts.probes * costs.probe[key] +
    counts.checkpoints * costs.checkpoint[key]
  // The momentum is kept once, beside the checkpoints.
  return { ...counts, seconds: costs.start.seconds + sum('seconds'), bytes: sum('bytes') + costs.checkpoint.bytes }
}

/** The whole plan; `costsOf` gives each run's, which may differ where arms change the model, data or batches. */
export function estimatePlan(plan: Plan, costsOf: (run: PlannedRun) => Costs): PlanEstimate {
  const { measure } = plan
  const each = expandPlan(plan).map((run) => ({
    ...run,
    costs: costsOf(run),
    own: estimateRun(run.config, costsOf(run)),
  }))
  const total = (of: (run: (typeof each)[number]) => number) => each.reduce((sum, run) => sum + of(run), 0)
  const measureSeconds = total(
    ({ config, costs }) =>
      measuredCheckpoints(measure, config) * measurePasses(measure, config) * costs.evaluation.seconds,
  )
  return {
    runs: each.length,
    steps: total(({ own }) => own.steps),
    evaluations: total(({ own }) => own.evaluations),
    probes: total(({ own }) => own.probes),
    checkpoints: total(({ own }) => own.checkpoints),
    measureSeconds,
    seconds: total(({ own }) => own.seconds) + measureSeconds,
    bytes: total(({ own }) => own.bytes),
  }
}

/** What of a configuration a step's and a probe's cost depend on; runs that agree in it cost the same. */
export const costKey = ({ data, model, train, probe }: RunConfig): string =>
  JSON.stringify([data, model, train.batchSize, train.microBatchSize, probe])
