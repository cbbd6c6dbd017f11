/** Numbers of the loss and accuracy chart. */
import type { Run, StepKey } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { decimal } from '../../format.ts'
import { decimate } from '../../plot/decimate.ts'
import { columnExtremes } from '../../plot/extremes.ts'
import { smoothColumn } from '../../plot/smooth.ts'
import { stepPositions, type XAxisModel } from '../../plot/x-axis.ts'

export type LossRow = { readonly x: number } & Partial<Record<string, number>>

const byX = (a: LossRow, b: LossRow) => a.x - b.x

/**
 * A line over steps, raw and smoothed, decimated to the columns of the plot. Both lines use the same points, which halves
 * the work.
 */
function lineRows(run: Run, key: StepKey, axis: XAxisModel, { columns, span }: LossOptions, scale = 1): LossRow[] {
  const x = stepPositions(run, axis.unit)
  const raw = run.steps.column(key)
  const smoothed = smoothColumn(run.steps, key, span)
  return decimate(x, raw, axis.domain, columns, columnExtremes(run.steps, key)).map((i) =>
    span > 1 ? { x: x[i], raw: scale * raw[i], train: scale * smoothed[i] } : { x: x[i], train: scale * raw[i] },
  )
}

export interface LossOptions {
  readonly columns: number
  /** Span of the moving average, in steps. */
  readonly span: number
}

/** Rows of the loss plot, with the keys `raw`, `train` and `validation`. */
export function lossRows(run: Run, axis: XAxisModel, options: LossOptions): LossRow[] {
  const validation = run.evaluations.map(({ step, loss }) => ({ x: axis.at(step), validation: loss }))
  return [...lineRows(run, 'loss', axis, options), ...validation].sort(byX)
}

/** False for a loss of 0 or less, which a positive α can cause and a logarithmic axis cannot show. */
export const onLogAxis = (row: LossRow): boolean =>
  Object.entries(row).every(([key, value]) => key === 'x' || value === undefined || value > 0)

/** Rows of the accuracy plot in percent, with the keys `raw`, `train`, `validation` and `top5`. */
export function accuracyRows(run: Run, axis: XAxisModel, options: LossOptions): LossRow[] {
  const validation = run.evaluations.map(({ step, top1, top5 }) => ({
    x: axis.at(step),
    validation: 100 * top1,
    top5: 100 * top5,
  }))
  return [...lineRows(run, 'top1', axis, options, 100), ...validation].sort(byX)
}

/** The exact numbers of the events, in the columns of metrics.csv. */
export const lossTable = (run: Run): ChartTable => ({
  columns: ['step', 'epoch', 'split', 'loss', 'crossEntropy', 'penalty', 'alpha', 'learningRate', 'top1', 'top5'],
  rows: () =>
    run.events.flatMap((event) => {
      if (event.type === 'step') {
        const { step, epoch, loss, crossEntropy, penalty, alpha, learningRate, top1, top5 } = event
        return [[step, epoch, 'train', loss, crossEntropy, penalty, alpha, learningRate, top1, top5]]
      }
      if (event.type !== 'evaluation') return []
      return [
        [event.step, event.epoch, event.split, event.loss, event.crossEntropy, '', '', '', event.top1, event.top5],
      ]
    }),
})

/** The newest and best validation top-1, and the first and newest training loss. */
export function lossCaption(run: Run): string {
  const last = run.evaluations.at(-1)
  const losses = run.steps.column('loss')
  if (losses.length === 0 || !last) return ''
  const best = run.evaluations.reduce((a, b) => (b.top1 > a.top1 ? b : a))
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const also = best.epoch === last.epoch ? '' : ` (best ${percent(best.top1)} at epoch ${best.epoch.toFixed(2)})`
  const verb = losses[losses.length - 1] < losses[0] ? 'fell' : 'went'
  return `Validation top-1 is ${percent(last.top1)} at epoch ${last.epoch.toFixed(2)}${also}; the training loss ${verb} from ${decimal(losses[0], 2)} to ${decimal(losses[losses.length - 1], 2)}.`
}
