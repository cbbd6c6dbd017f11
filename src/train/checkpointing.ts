/** Checkpoints during training: file names, saving weights and momentum. */
import { messageOf } from '../message.ts'
import { classMetadata } from '../model/classifier-rows.ts'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import { storeTensors, storeWeights } from '../model/weights.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { DivergedError } from './run-end.ts'
import { activity, momentNow, stepsOfEpochs, type TrainingState } from './state.ts'

/** `epoch-0003.safetensors` at the end of an epoch, `step-00000042.safetensors` within one. */
function fileName(state: TrainingState): string {
  const epochs = stepsOfEpochs(state) / state.stepsPerEpoch
  const [name, count, digits] = Number.isInteger(epochs) ? ['epoch', epochs, 4] : ['step', state.step, 8]
  return `${name}-${String(count).padStart(Number(digits), '0')}.safetensors`
}

/**
 * Why these weights must not be saved, or null. Throws DivergedError when a parameter is not finite; running statistics that
 * overflow do not end the run, since training does not read them.
 */
function refusalOf({ trainee, step }: TrainingState, { tensors }: TensorFile): string | null {
  const overflown = [...tensors.keys()].filter((name) => {
    const data = tensors.get(name)?.data
    return data instanceof Float32Array && !data.every(Number.isFinite)
  })
  if (overflown.length === 0) return null
  const parameter = overflown.find((name) => trainee.parameters.has(name))
  const message = `The weights are not finite after step ${step} (${parameter ?? overflown[0]}).`
  if (parameter !== undefined) throw new DivergedError(message)
  return message
}

/**
 * Saves the weights after the last step, and at the end of an epoch the momentum, in this order: the host has recorded
 * all earlier events, then comes the checkpoint, then the momentum that names it. A run killed anywhere in between
 * resumes without a gap. A checkpoint that cannot be saved becomes a warning. Throws DivergedError when a parameter is not
 * finite.
 */
export async function* saveCheckpoint(state: TrainingState): AsyncGenerator<RunEvent> {
  const { gpu, trainee, data, environment } = state
  const moment = momentNow(state)
  const warning = (message: string) => ({ type: 'warning', ...moment, message }) as const
  const file = fileName(state)
  yield activity(state, 'saving')
  const weights = await storeWeights(
    gpu,
    trainee.weights,
    state.batchNormUpdates,
    classMetadata(data.classes, environment.data.classOrder),
  )
  const bytes = writeSafetensors(weights)
  const failure = refusalOf(state, weights) ?? (await failureOf(state, state.save(file, bytes)))
  if (failure) {
    yield warning(`The checkpoint ${file} could not be saved: ${failure}`)
    return
  }
  state.checkpoint = file
  state.savedStep = state.step
  const lost = await failureOf(state, saveMomentum(state, file))
  if (lost) yield warning(`The momentum of ${file} could not be saved, so the run cannot resume from it: ${lost}`)
  yield { type: 'checkpoint', ...moment, file, bytes: bytes.length }
}

async function saveMomentum(state: TrainingState, checkpoint: string) {
  const { gpu, trainee, step, stepsPerEpoch, saveMomentum } = state
  if (!saveMomentum || stepsOfEpochs(state) % stepsPerEpoch !== 0) return
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
