/** A run in the form that comparisons and claims read: its events reduced to points, with the measurement tables. */
import { alphaAt } from '../config/alpha.ts'
import type { RunConfig } from '../config/config.ts'
import { identityOf } from '../data-identity.ts'
import { mean } from '../measure/statistics.ts'
import type { DataRecord } from '../protocol/environment.ts'
import type { DataEvent, EndReason, StartEvent } from '../protocol/run-events.ts'
import { dataChangeText } from '../runs/data-change.ts'
import type { Run } from '../runs/reduce.ts'
import { isOnOtherData, type OwnData, type Row, tables } from '../runs/tables.ts'
import { type AblationHarm, ablationHarms, type LinearityPoint, linearityPoints } from './checkpoint-points.ts'

export interface EvaluationPoint {
  /** In epochs; 0 is the initialization. */
  readonly epoch: number
  readonly images: number
  /** Shares between 0 and 1. */
  readonly top1: number
  readonly top5: number
  readonly loss: number
}

export interface SelectivityPoint {
  readonly epoch: number
  /** By module in the network's order, and `network` for their mean. */
  readonly modules: ReadonlyMap<string, { readonly selectivity: number; readonly floor: number }>
}

export interface RunRecord {
  /** `ARM/seed-N` in a plan. Unique among the compared runs. */
  readonly name: string
  readonly config: RunConfig
  /** Version of the lab that trained the run. */
  readonly lab: string
  /** Fingerprint of the images; several, joined, for a run that went on with other images; empty when unknown. */
  readonly fingerprint: string
  /** Hash of the contents of all images of the dataset, in records of earlier versions; null where it is unknown. */
  readonly contents: string | null
  /** Hashes of the contents of the run's own images; absent in records of earlier versions. */
  readonly used?: string
  /** A sentence for each time that the run went on with other images. */
  readonly changes: readonly string[]
  /** A sentence for each table with rows on other images, which comparisons leave out. */
  readonly leftOut: readonly string[]
  readonly classes: number
  readonly state: EndReason | 'unfinished'
  /** The message of the end event. */
  readonly message: string
  /** True when the user set α to another value than the schedule's in some step. */
  readonly held: boolean
  readonly evaluations: readonly EvaluationPoint[]
  readonly probes: readonly SelectivityPoint[]
  readonly ablation: readonly AblationHarm[]
  readonly linearity: readonly LinearityPoint[]
}

/** Rows of a run's ablation-curves.csv and linearity.csv; absent without the file. */
export interface MeasuredRows {
  readonly curves?: readonly Row[]
  readonly linearity?: readonly Row[]
}

/** JSON stores NaN and infinity as null. */
const known = (value: number | null): number => value ?? Number.NaN

/** In epochs: events record epochs with eight significant digits. */
const rounding = 1e-5

/** Whether some step used another α than the schedule's. */
function wasHeld({ steps }: Run, { config, stepsPerEpoch }: StartEvent): boolean {
  const [epochs, alphas] = [steps.column('epoch'), steps.column('alpha')]
  const scheduled = (before: number) => alphaAt(config.regularizer.schedule, before, rounding)
  return alphas.some((alpha, i) => alpha !== scheduled(epochs[i] - 1 / stepsPerEpoch))
}

const pointsOf = ({ probes }: Run): SelectivityPoint[] =>
  probes.map(({ epoch, modules }) => {
    const own = modules.map(
      ({ module, selectivity, floor }) => [module, { selectivity: known(selectivity), floor: known(floor) }] as const,
    )
    const all = (key: 'selectivity' | 'floor') => mean(own.map(([, values]) => values[key]))
    return { epoch, modules: new Map([...own, ['network', { selectivity: all('selectivity'), floor: all('floor') }]]) }
  })

/** The fingerprints of all images that the run was trained on, in order. */
const fingerprintsOf = (changed: readonly DataEvent[], { environment }: StartEvent): string =>
  changed.length === 0
    ? environment.data.fingerprint
    : [changed[0].from, ...changed.map(({ to }) => to)].map(({ fingerprint }) => fingerprint).join(' then ')

function leftOutOf({ curves = [], linearity = [] }: MeasuredRows, own: OwnData): string[] {
  return Object.entries({ [tables.curves.file]: curves, [tables.linearity.file]: linearity }).flatMap(
    ([file, rows]) => {
      const others = rows.filter((row) => isOnOtherData(row, own)).length
      return others === 0 ? [] : [`${others} of ${rows.length} rows of ${file} were measured on other images`]
    },
  )
}

const usedIn = ({ used }: DataRecord): Pick<RunRecord, 'used'> =>
  used ? { used: `${used.train} ${used.validation}` } : {}

/** The record of a run, which may still be training. Throws RangeError for a run that has not started. */
export function recordOf(name: string, run: Run, measured: MeasuredRows = {}): RunRecord {
  const { curves = [], linearity = [] } = measured
  const { start, end } = run
  if (!start) throw new RangeError(`invalid run: ${name} has no start event`)
  const { config, classes, environment } = start
  const own: OwnData = { source: config.data.source, identity: identityOf(environment.data) }
  const changed = run.dataChanges.filter(({ change }) => change === 'changed')
  return {
    name,
    config,
    lab: environment.lab,
    fingerprint: fingerprintsOf(changed, start),
    contents: environment.data.contents ?? null,
    ...usedIn(environment.data),
    changes: changed.map((event) => `epoch ${event.epoch}: ${dataChangeText(event)}`),
    leftOut: leftOutOf(measured, own),
    classes: classes.length,
    state: end?.reason ?? 'unfinished',
    message: end?.message ?? 'The run has not ended yet.',
    held: wasHeld(run, start),
    evaluations: run.evaluations.map(({ epoch, images, top1, top5, loss }) => ({
      epoch,
      images,
      top1: known(top1),
      top5: known(top5),
      loss: known(loss),
    })),
    probes: pointsOf(run),
    ablation: ablationHarms(curves, own),
    linearity: linearityPoints(linearity, own),
  }
}

/** What a reader of the run's numbers must know about its images. */
export const dataNotes = ({ name, changes, leftOut }: RunRecord): string[] =>
  [...changes, ...leftOut.map((sentence) => `${sentence}; they are left out.`)].map((note) => `${name}: ${note}`)

/** The last evaluation of a finished run; undefined for other runs. */
export const finalEvaluation = ({ state, evaluations, config }: RunRecord): EvaluationPoint | undefined =>
  state === 'finished' ? evaluations.findLast(({ epoch }) => epoch === config.train.epochs) : undefined

/** Top-1 of random guessing: 1 / classes. */
export const chanceTop1 = ({ classes }: RunRecord): number => 1 / classes

/** Whether top-1 is at most three binomial standard errors above chance. */
export function atChance(record: RunRecord, { top1, images }: EvaluationPoint): boolean {
  const chance = chanceTop1(record)
  return top1 <= chance + 3 * Math.sqrt((chance * (1 - chance)) / images)
}
