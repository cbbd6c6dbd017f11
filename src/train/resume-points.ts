/** Resume points: states of training that an interrupted run goes on from, to the same bytes. */
import { writeSafetensors } from '../model/safetensors.ts'
import { storeTensors } from '../model/weights.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import type { ResumeState } from '../protocol/run-record.ts'
import { failureOf, overflown, weightsFile } from './checkpointing.ts'
import { momentNow, stepsOfEpochs, type TrainingState } from './state.ts'
import { settleSteps } from './take-step.ts'

/** Whether the configuration or the host asks for a resume point after this step. */
export function isResumeDue({ config, step, resumeDue }: TrainingState): boolean {
  const every = config.checkpoint.resumeSteps
  return (every !== null && step % every === 0) || (resumeDue?.() ?? false)
}

/** The state after the last step; null where a parameter is not finite, since no run can go on from it. */
async function resumeState(state: TrainingState): Promise<ResumeState | null> {
  const { gpu, trainee, step, stepsPerEpoch, checkpoint, savedStep } = state
  const taken = stepsOfEpochs(state)
  const epoch = Math.floor(taken / stepsPerEpoch)
  const batch = taken - epoch * stepsPerEpoch
  const isSaved = savedStep === step && batch === 0
  const weights = isSaved ? null : await weightsFile(state)
  if (weights && overflown(weights.file).some((name) => trainee.parameters.has(name))) return null
  const tensors = await storeTensors(gpu, trainee.sgd.velocity)
  const momentum = writeSafetensors({ tensors, metadata: { step: String(step), checkpoint } })
  return { step, epoch, batch, weights: weights?.bytes ?? null, momentum, checkpoint, savedStep }
}

/**
 * Records the steps in flight, and saves a resume point, unless the newest one is of this step. A point that cannot be saved
 * becomes a warning. Call it where everything is done that was due after the last step.
 */
export async function* saveResumePoint(state: TrainingState): AsyncGenerator<RunEvent> {
  yield* settleSteps(state, 0)
  const { saveResume, step, resumeStep } = state
  if (!saveResume || step === resumeStep) return
  const point = await resumeState(state)
  if (!point) return
  state.resumeStep = step
  const failure = await failureOf(state, saveResume(point))
  if (failure === null) return
  const message = `The state after step ${step} could not be saved, so an interruption would lose the steps since the last one: ${failure}`
  yield { type: 'warning', ...momentNow(state), message }
}
