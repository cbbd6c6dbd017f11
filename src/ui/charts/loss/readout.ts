/** The readout of the loss and accuracy chart: the exact numbers of the events, not smoothed. */
import type { Run } from '../../../runs/reduce.ts'
import { alphaText, decimal } from '../../format.ts'
import { lowerBound } from '../../plot/decimate.ts'
import type { ReadoutValue } from '../../plot/readout.tsx'

/** A loss that is not finite is shown as it is: it ends the run. */
const lossText = (value: number): string => (Number.isFinite(value) ? decimal(value, 3) : String(value))

/** The index of the recorded step at or after `step` (−1 if there is none), and the last evaluation at or before it. */
function recordsAt(run: Run, step: number) {
  const steps = run.steps.column('step')
  const i = Math.min(lowerBound(steps, step), steps.length - 1)
  return { i, evaluation: run.evaluations.findLast((e) => e.step <= step) }
}

/** The training and the validation loss, the parts of the training loss, and the applied α. */
export function describeLoss(run: Run, step: number): ReadoutValue[] {
  const { i, evaluation } = recordsAt(run, step)
  const at = (key: 'loss' | 'crossEntropy' | 'penalty' | 'alpha') => run.steps.column(key)[i]
  const held: ReadoutValue[] = evaluation
    ? [{ label: 'validation', value: lossText(evaluation.loss), color: '--accent' }]
    : []
  if (i < 0) return held
  return [
    { label: 'training', value: lossText(at('loss')), color: '--ink-2' },
    ...held,
    { label: 'cross-entropy', value: lossText(at('crossEntropy')) },
    { label: 'R', value: lossText(at('penalty')) },
    { label: 'α', value: alphaText(at('alpha')) },
  ]
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

/** Top-1 of the batch, and top-1 and top-5 of the validation images. */
export function describeAccuracy(run: Run, step: number): ReadoutValue[] {
  const { i, evaluation } = recordsAt(run, step)
  const trained = i < 0 ? [] : [{ label: 'training', value: percent(run.steps.column('top1')[i]), color: '--ink-2' }]
  if (!evaluation) return trained
  return [
    ...trained,
    { label: 'validation', value: percent(evaluation.top1), color: '--accent' },
    { label: 'validation top-5', value: percent(evaluation.top5), color: '--run-3' },
  ]
}
