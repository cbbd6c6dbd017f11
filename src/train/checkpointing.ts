/** Checkpoints during training: file names, saving weights and momentum. */
import { messageOf } from '../message.ts'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import { storeTensors, storeWeights } from '../model/weights.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { DivergedError } from './run-end.ts'
import { activity, momentNow, type TrainingState } from './state.ts'

/** `epoch-0003.safetensors` at the end of an epoch, `step-00000042.safetensors` within one. */
function fileName({ step, stepsPerEpoch }: TrainingState): string {
  const [name, count, digits] = step % stepsPerEpoch === 0 ? ['epoch', step / stepsPerEpoch, 4] : ['step', step, 8]
  return `${name}-${String(count).padStart(Number(digits), '0')}.safetensors`
}

function requireFinite({ tensors }: TensorFile, step: number): void {
  for (const [name, { data }] of tensors) {
    if (data instanceof Float32Array && !data.every(Number.isFinite)) {
      throw new DivergedError(`The weights are not finite after step ${step} (${name}).`)
    }
  }
}

/**
 * Saves the weights after the last step, and at the end of an epoch the momentum, in this order: the host has recorded
 * all earlier events, then comes the checkpoint, then the momentum that names it. A run killed anywhere in between
 * resumes without a gap. A failure to save becomes a warning. Throws DivergedError when a weight is not finite.
 */
export async function* saveCheckpoint(state: TrainingState): AsyncGenerator<RunEvent> {
  const { gpu, trainee } = state
  const moment = momentNow(state)
  const file = fileName(state)
  yield activity(state, 'saving')
  const weights = await storeWeights(gpu, trainee.weights, state.batchNormUpdates)
  requireFinite(weights, state.step)
  const bytes = writeSafetensors(weights)
  const failure = await failureOf(state, state.save(file, bytes))
  if (failure) {
    yield { type: 'warning', ...moment, message: `The checkpoint ${file} could not be saved: ${failure}` }
    return
  }
  state.checkpoint = file
  state.savedStep = state.step
  const momentumFailure = await failureOf(state, saveMomentum(state, file))
  if (momentumFailure) {
    const message = `The momentum of ${file} could not be saved, so the run cannot resume from it: ${momentumFailure}`
    yield { type: 'warning', ...moment, message }
  }
  yield { type: 'checkpoint', ...moment, file, bytes: bytes.length }
}

async function saveMomentum({ gpu, trainee, step, stepsPerEpoch, saveMomentum }: TrainingState, checkpoint: string) {
  if (!saveMomentum || step % stepsPerEpoch !== 0) return
  const tensors = await storeTensors(gpu, trainee.sgd.velocity)
  await saveMomentum(writeSafetensors({ tensors, metadata: { step: String(step), checkpoint } }))
}

/** The message of a rejection, or null. Rethrows when the device has failed, since that ends the run. */
async function failureOf({ gpu }: TrainingState, work: Promise<void>): Promise<string | null> {
  try {
    await work
    return null
  } catch (error) {
    if (gpu.failure()) throw error
    return messageOf(error)
  }
}
