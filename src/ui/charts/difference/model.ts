/** Numbers of the difference of a fork from its parent: the fork's value minus the parent's at the same step. */
import { forkOf } from '../../../runs/lineage.ts'
import type { Run, StepKey } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { decimate } from '../../plot/decimate.ts'
import { columnExtremes } from '../../plot/extremes.ts'
import { smoothColumn } from '../../plot/smooth.ts'
import { stepPositions, type XAxisModel } from '../../plot/x-axis.ts'
import type { PlotRow } from '../../plot/y-axis.ts'
import { commonRows, differenceSteps } from './steps.ts'

/** A fork and its parent, whose steps have the same images. */
export interface Pair {
  readonly run: Run
  readonly parent: Run
  /** The step at which the fork leaves its parent. */
  readonly from: number
}

/** The fork with its parent; null where steps of the two do not have the same images, or the run is no fork. */
export function pairOf(run: Run, parent: Run | null): Pair | null {
  const fork = forkOf(run)
  if (!fork || parent?.id !== fork.id || parent.start?.stepsPerEpoch !== run.start?.stepsPerEpoch) return null
  return { run, parent, from: fork.step }
}

interface At {
  readonly step: number
  readonly epoch: number
}

/** The entries of both runs at the same step, from the fork on. */
function matched<T extends At>({ from }: Pair, own: readonly T[], others: readonly T[]): (readonly [T, T])[] {
  const known = new Map(others.map((one) => [one.step, one]))
  return own.flatMap((one) => {
    const other = known.get(one.step)
    return other && one.step >= from ? [[one, other] as const] : []
  })
}

export interface Difference extends At {
  readonly what: 'selectivity' | 'loss' | 'crossEntropy' | 'top1' | 'top5'
  /** A module for selectivity; else `train` or `validation`. */
  readonly of: string
  readonly fork: number
  readonly parent: number
}

/** SI of each module at the probes of both. */
export const selectivityDifferences = (pair: Pair): Difference[] =>
  matched(pair, pair.run.probes, pair.parent.probes).flatMap(([own, other]) =>
    own.modules.flatMap(({ module, selectivity }) => {
      const same = other.modules.find((one) => one.module === module)
      const at = { step: own.step, epoch: own.epoch, what: 'selectivity', of: module } as const
      return same ? [{ ...at, fork: selectivity, parent: same.selectivity }] : []
    }),
  )

const scores = ['loss', 'crossEntropy', 'top1', 'top5'] as const

/** The scores on the validation images, at the evaluations of both. */
export const validationDifferences = (pair: Pair): Difference[] =>
  matched(pair, pair.run.evaluations, pair.parent.evaluations).flatMap(([own, other]) =>
    scores.map((what) => ({
      step: own.step,
      epoch: own.epoch,
      what,
      of: 'validation',
      fork: own[what],
      parent: other[what],
    })),
  )

/** The indices of the steps that both took after the fork, in the columns of each. */
export const commonSteps = ({ run, parent, from }: Pair): (readonly [own: number, parent: number])[] =>
  commonRows(run.steps, parent.steps, from)

/** A row for each probe, with the difference of each module. */
export function selectivityLines(differences: readonly Difference[], at: (step: number) => number): PlotRow[] {
  const rows = new Map<number, Record<string, number>>()
  for (const { step, of, fork, parent } of differences) rows.set(step, { ...rows.get(step), [of]: fork - parent })
  return [...rows].map(([step, values]) => ({ ...values, x: at(step) }))
}

interface Smoothing {
  /** Points of the line over steps that are drawn. */
  readonly columns: number
  /** Span of the moving average, in steps. */
  readonly span: number
}

/** Rows with the key `train`, smoothed, and the key `validation`; `scale` is 100 for percentage points. */
export function scoreLines(
  pair: Pair,
  key: 'loss' | 'top1',
  axis: XAxisModel,
  { columns, span, scale = 1 }: Smoothing & { readonly scale?: number },
): PlotRow[] {
  const { run, parent, from } = pair
  const steps = differenceSteps(run.steps, parent.steps, from)
  const x = stepPositions({ steps, time: run.time }, axis.unit)
  const smoothed = smoothColumn(steps, key, span)
  const trained = decimate(x, steps.column(key), axis.domain, columns, columnExtremes(steps, key)).map((i) => ({
    x: x[i],
    train: scale * smoothed[i],
  }))
  const validation = validationDifferences(pair)
    .filter(({ what }) => what === key)
    .map(({ step, fork, parent }) => ({ x: axis.at(step), validation: scale * (fork - parent) }))
  return [...trained, ...validation].sort((a, b) => a.x - b.x)
}

/** Every number of the chart, without smoothing. */
export const differenceTable = (pair: Pair): ChartTable => ({
  columns: ['step', 'epoch', 'what', 'of', 'fork', 'parent', 'difference'],
  rows: () => {
    const { run, parent } = pair
    const column = (own: Run, key: StepKey) => own.steps.column(key)
    const trained = commonSteps(pair).flatMap(([i, j]) =>
      (['loss', 'top1'] as const).map((what): Difference => {
        const at = { step: column(run, 'step')[i], epoch: column(run, 'epoch')[i], what, of: 'train' } as const
        return { ...at, fork: column(run, what)[i], parent: column(parent, what)[j] }
      }),
    )
    return [...selectivityDifferences(pair), ...validationDifferences(pair), ...trained].map(
      ({ step, epoch, what, of, fork, parent: other }) => [step, epoch, what, of, fork, other, fork - other],
    )
  },
})

const signed = (value: number, digits: number) => `${value > 0 ? '+' : ''}${value.toFixed(digits)}`.replace('-', '−')

const farthest = (differences: readonly Difference[]): Difference | undefined =>
  differences
    .filter(({ fork, parent }) => Number.isFinite(fork - parent))
    .reduce<Difference | undefined>(
      (most, one) => (most && Math.abs(most.fork - most.parent) >= Math.abs(one.fork - one.parent) ? most : one),
      undefined,
    )

/** Where the fork left its parent, where SI differs most, and the newest difference of the validation top-1. */
export function differenceCaption(pair: Pair): string {
  const { run, parent } = pair
  const fork = forkOf(run)
  const left = `The fork left ${fork?.name ?? 'its parent'} at epoch ${(fork?.epoch ?? 0).toFixed(2)}.`
  const most = farthest(selectivityDifferences(pair))
  const spread = most
    ? ` SI differs most in ${most.of} at epoch ${most.epoch.toFixed(2)}: ${signed(most.fork - most.parent, 3)}.`
    : ''
  const top1 = validationDifferences(pair).findLast(({ what }) => what === 'top1')
  const accuracy = top1
    ? ` Validation top-1 at epoch ${top1.epoch.toFixed(2)}: ${signed(100 * (top1.fork - top1.parent), 1)} points.`
    : ''
  const last = (one: Run) => one.steps.column('step').at(-1) ?? 0
  const shorter = last(parent) < last(run) ? ' The parent ended earlier, so the lines end there.' : ''
  return `${left}${spread}${accuracy}${shorter}`
}
