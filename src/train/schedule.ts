/** Schedules: pure functions of the step. `epoch` is the number of epochs before the step, a fraction within an epoch. */
import type { RunConfig } from '../config/config.ts'

/** Learning rate of the step that starts at `epoch` in a run of `epochs`; `stepShare` is the length of a step in epochs. */
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

/** The steps after which selectivity is probed: 0, evenly within the early epochs, and the end of every epoch. */
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

/** What is due after a step. Every evaluation comes with a probe, and every checkpoint with an evaluation. */
export interface Duties {
  readonly evaluation: boolean
  readonly probe: boolean
  readonly checkpoint: boolean
}

/** What is due after each step, as a function of the number of steps taken. */
export function duties(config: RunConfig, stepsPerEpoch: number): (step: number) => Duties {
  const { epochs } = config.train
  const probes = probeSteps(config.probe, stepsPerEpoch, epochs)
  return (step) => {
    const evaluation = step % stepsPerEpoch === 0
    const epoch = Math.round(step / stepsPerEpoch)
    const checkpoint = evaluation && (epoch % config.checkpoint.everyEpochs === 0 || epoch === epochs)
    return { evaluation, probe: probes.has(step), checkpoint }
  }
}
