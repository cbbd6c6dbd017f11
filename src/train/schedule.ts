/** Schedules: functions of the step. `epoch` is the share of epochs passed before the step, so that step 0 has epoch 0. */
import type { RunConfig } from '../config/config.ts'
import type { Window } from '../config/fields.ts'

/** Learning rate of the step that starts at `epoch`, of a run of `epochs`; `stepShare` is one step in epochs. */
export function learningRateAt(
  { learningRate, schedule, stepEpochs, stepFactor, warmupEpochs }: RunConfig['optimizer'],
  epoch: number,
  epochs: number,
  stepShare: number,
): number {
  if (epoch < warmupEpochs) return learningRate * Math.min(1, (epoch + stepShare) / warmupEpochs)
  switch (schedule) {
    case 'constant':
      return learningRate
    case 'step':
      return learningRate * stepFactor ** Math.floor(epoch / stepEpochs + 1e-9)
    case 'cosine': {
      const span = Math.max(epochs - warmupEpochs, stepShare)
      return (learningRate / 2) * (1 + Math.cos((Math.PI * (epoch - warmupEpochs)) / span))
    }
    default:
      return schedule satisfies never
  }
}

/** α of the window that holds `epoch`, or 0. */
export const alphaAt = (windows: readonly Window[], epoch: number): number =>
  windows.find(({ fromEpoch, toEpoch }) => epoch >= fromEpoch - 1e-9 && epoch < toEpoch - 1e-9)?.alpha ?? 0

/** Steps after which selectivity is probed: the initialisation, evenly within the early epochs, every epoch's end. */
export function probeSteps(
  { earlyEpochs, perEarlyEpoch }: RunConfig['probe'],
  stepsPerEpoch: number,
  epochs: number,
): Set<number> {
  const steps = new Set([0])
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const within = epoch <= earlyEpochs ? perEarlyEpoch : 1
    for (let i = 1; i <= within; i++) steps.add(Math.round((epoch - 1 + i / within) * stepsPerEpoch))
  }
  return steps
}
