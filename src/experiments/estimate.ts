/** Estimates the time and disk space of a plan from the measured costs of a step, an evaluation, a probe and a checkpoint. */
import type { RunConfig } from '../config/config.ts'
import type { AblationMeasure, Measure, Plan, PlannedRun, UnitsMeasure } from './plan.ts'
import { expandPlan, isMeasured, moduleNames, savedEpochs } from './plan.ts'

/** The seconds and bytes of one step, evaluation, probe and checkpoint, timed on the adapter. */
export interface Costs {
  readonly stepsPerEpoch: number
  /** The start of a run: reading images, opening the adapter, compiling. */
  readonly start: { readonly seconds: number }
  readonly step: { readonly seconds: number; readonly bytes: number }
  /** A pass over all validation images. */
  readonly evaluation: { readonly seconds: number; readonly bytes: number }
  readonly probe: { readonly seconds: number; readonly bytes: number }
  readonly checkpoint: { readonly seconds: number; readonly bytes: number }
}

/** How often a run takes a step, evaluates, probes and saves. */
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
  /** The part of `seconds` for measurements at checkpoints. */
  readonly measureSeconds: number
}

/** Counts a probe at the initialization and at the end of every epoch, and several in early epochs, at most one a step. */
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
 * The cost of ablation at one checkpoint, in passes over the validation images. Each point of a curve recomputes the
 * blocks after the module's first one. The share of modules approximates their share of the work.
 */
const ablationPasses = ({ modules, draws, points }: AblationMeasure) =>
  sharesBehind(modules).reduce((sum, share) => sum + share * ((1 + draws) * (points - 2) + 2), 0)

/** For each module, the share of modules from it on. */
const sharesBehind = (modules: readonly string[] | null) =>
  moduleNames
    .filter((name) => modules?.includes(name) ?? true)
    .map((name) => 1 - moduleNames.indexOf(name) / moduleNames.length)

export interface ModuleUnits {
  readonly module: string
  readonly ofSite: number
  readonly inAll: number
}

/** The units at the sites of modules; null for all modules. */
export const unitsByModule = ({ model: { blocks, width, block } }: RunConfig, modules: readonly string[] | null) =>
  moduleNames.flatMap((module, i): ModuleUnits[] => {
    const ofSite = width * 2 ** i * (block === 'basic' ? 1 : 4)
    return (modules?.includes(module) ?? true) ? [{ module, ofSite, inAll: blocks[i] * ofSite }] : []
  })

/** The cost of single-unit ablation in passes, as for curves. Each unit recomputes the blocks after it. */
function unitPasses({ modules, sample }: UnitsMeasure, config: RunConfig): number {
  const units = unitsByModule(config, modules)
  return sharesBehind(modules).reduce((sum, share, i) => sum + share * Math.min(units[i].inAll, sample ?? Infinity), 0)
}

/** Linearity evaluates all images and half as many mixtures; the sums of the read-out take about as long again. */
const linearityPasses = 3

const measurePasses = ({ ablation, units, linearity }: Measure, config: RunConfig) =>
  (ablation ? ablationPasses(ablation) : 0) +
  (units ? unitPasses(units, config) : 0) +
  (linearity ? linearityPasses : 0)

const measuredCheckpoints = (measure: Measure, config: RunConfig) =>
  savedEpochs(config).filter((epoch) => isMeasured(measure, epoch)).length

/** Seconds of training between two checkpoints. */
const secondsBetween = ({ train, checkpoint }: RunConfig, { stepsPerEpoch, step, evaluation }: Costs): number =>
  Math.min(checkpoint.everyEpochs, train.epochs) * (stepsPerEpoch * step.seconds + evaluation.seconds)

/** Whether a run saves resume points between two checkpoints. */
function savesBetween(config: RunConfig, costs: Costs): boolean {
  const { everyEpochs, resumeSeconds, resumeSteps } = config.checkpoint
  const steps = Math.min(everyEpochs, config.train.epochs) * costs.stepsPerEpoch
  return (
    (resumeSteps !== null && resumeSteps < steps) ||
    (resumeSeconds !== null && resumeSeconds < secondsBetween(config, costs))
  )
}

/**
 * How many files with as many bytes as a checkpoint a run has at most: weights and momentum of checkpoints, and the newest two
 * states between checkpoints, which have both.
 */
function stateFiles(config: RunConfig, { checkpoints }: Counts, costs: Costs): number {
  const momentum = config.checkpoint.momentum ? checkpoints : Math.min(2, checkpoints)
  return checkpoints + momentum + (savesBetween(config, costs) ? 4 : 0)
}

/** Estimates the training of one run. */
export function estimateRun(config: RunConfig, costs: Costs): RunEstimate {
  const counts = countsOf(config, costs.stepsPerEpoch)
  const sum = (key: 'seconds' | 'bytes') =>
    counts.steps * costs.step[key] + counts.evaluations * costs.evaluation[key] + counts.probes * costs.probe[key]
  return {
    ...counts,
    seconds: costs.start.seconds + sum('seconds') + counts.checkpoints * costs.checkpoint.seconds,
    bytes: sum('bytes') + stateFiles(config, counts, costs) * costs.checkpoint.bytes,
  }
}

/** Estimates a whole plan. `costsOf` returns the costs of a run; arms may differ in model, data or batch size. */
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

/** A key of the fields on which the costs depend; runs with equal keys cost the same. */
export const costKey = ({ data, model, train, probe }: RunConfig): string =>
  JSON.stringify([data, model, train.batchSize, train.microBatchSize, probe])
