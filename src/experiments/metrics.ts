/** The metrics that can be compared between runs. A metric reads a series over epochs from a run. */
import { bisectLeft } from 'd3-array'
import type { RunRecord } from './record.ts'

/** values[i] at epochs[i], ascending. */
export interface Series {
  readonly epochs: readonly number[]
  readonly values: readonly number[]
}

export interface Metric {
  /** The name on the command line and in CSV files, for instance `top1` or `aboveFloor/layer2`. */
  readonly id: string
  readonly label: string
  /** A share is shown in percent. */
  readonly unit: 'share' | 'nats' | ''
  readonly of: (run: RunRecord) => Series
}

const seriesOf = <T extends { readonly epoch: number }>(points: readonly T[], value: (point: T) => number): Series => ({
  epochs: points.map(({ epoch }) => epoch),
  values: points.map(value),
})

const scores: readonly Metric[] = [
  {
    id: 'top1',
    label: 'Top-1, validation images',
    unit: 'share',
    of: ({ evaluations }) => seriesOf(evaluations, ({ top1 }) => top1),
  },
  {
    id: 'top5',
    label: 'Top-5, validation images',
    unit: 'share',
    of: ({ evaluations }) => seriesOf(evaluations, ({ top5 }) => top5),
  },
  {
    id: 'loss',
    label: 'Loss, validation images',
    unit: 'nats',
    of: ({ evaluations }) => seriesOf(evaluations, ({ loss }) => loss),
  },
]

const probed = (module: string, key: 'selectivity' | 'floor') => (run: RunRecord) =>
  seriesOf(run.probes, ({ modules }) => modules.get(module)?.[key] ?? Number.NaN)

/** SI − floor of a module, or of the network. */
export const aboveFloor = (run: RunRecord, module: string): Series =>
  seriesOf(run.probes, ({ modules }) => {
    const own = modules.get(module)
    return own ? own.selectivity - own.floor : Number.NaN
  })

const selectivity = (module: string): Metric[] => [
  { id: `selectivity/${module}`, label: `SI, ${module}`, unit: '', of: probed(module, 'selectivity') },
  { id: `floor/${module}`, label: `Chance floor, ${module}`, unit: '', of: probed(module, 'floor') },
  { id: `aboveFloor/${module}`, label: `SI − floor, ${module}`, unit: '', of: (run) => aboveFloor(run, module) },
]

/** How much more the ablation of selective units of a module harms than that of random units, over checkpoints. */
export const extraHarm = ({ ablation }: RunRecord, module: string): Series =>
  seriesOf(
    ablation.filter((point) => point.module === module),
    (point) => point.extraHarm,
  )

const ablation = (module: string): Metric => ({
  id: `extraHarm/${module}`,
  label: `Area under top-1, random − selective ablation, ${module}`,
  unit: '',
  of: (run) => extraHarm(run, module),
})

const linearityLabels = {
  affineDeviation: 'Affine deviation',
  gateConstancy: 'Gate constancy, mean of the sites',
  readOut: 'Linear read-out R², mean of the sites',
  aboveControl: 'Cross-layer correlation − random units',
} as const

export type LinearityMeasure = keyof typeof linearityLabels

export const linearityMeasures: readonly LinearityMeasure[] = [
  'affineDeviation',
  'gateConstancy',
  'readOut',
  'aboveControl',
]

export const linearityOf = ({ linearity }: RunRecord, measure: LinearityMeasure): Series =>
  seriesOf(linearity, (point) => point[measure])

const linearity: readonly Metric[] = linearityMeasures.map((measure) => ({
  id: measure,
  label: linearityLabels[measure],
  unit: '',
  of: (run) => linearityOf(run, measure),
}))

/** The modules of all runs in the network's order, without `network`. */
export const modulesOf = (runs: readonly RunRecord[]): string[] =>
  [...new Set(runs.flatMap(({ probes }) => [...(probes[0]?.modules.keys() ?? [])]))].filter(
    (name) => name !== 'network',
  )

/** The metrics for which at least one run has a finite value. */
export function metricsOf(runs: readonly RunRecord[]): Metric[] {
  const modules = modulesOf(runs)
  const all = [...scores, ...[...modules, 'network'].flatMap(selectivity), ...modules.map(ablation), ...linearity]
  return all.filter(({ of }) => runs.some((run) => of(run).values.some(Number.isFinite)))
}

/** The series without values that are not finite. */
function known({ epochs, values }: Series): Series {
  const finite = epochs.flatMap((_, i) => (Number.isFinite(values[i]) ? [i] : []))
  return { epochs: finite.map((i) => epochs[i]), values: finite.map((i) => values[i]) }
}

/** Values at other epochs by linear interpolation; NaN outside the series. */
export function resample(series: Series, moments: readonly number[]): number[] {
  const { epochs, values } = known(series)
  return moments.map((moment) => {
    const at = bisectLeft(epochs, moment - 1e-9)
    if (at === epochs.length) return Number.NaN
    if (Math.abs(epochs[at] - moment) <= 1e-9) return values[at]
    if (at === 0) return Number.NaN
    const share = (moment - epochs[at - 1]) / (epochs[at] - epochs[at - 1])
    return values[at - 1] + share * (values[at] - values[at - 1])
  })
}

/** All epochs of the series, ascending; epochs closer than a billionth count once. */
export const momentsOf = (all: readonly Series[]): number[] =>
  all
    .flatMap(({ epochs }) => epochs)
    .sort((a, b) => a - b)
    .filter((epoch, i, sorted) => i === 0 || epoch - sorted[i - 1] > 1e-9)
