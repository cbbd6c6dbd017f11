/** Checkpoints during training: file names and saving weights. */
import { hexOf } from '../hex.ts'
import { messageOf } from '../message.ts'
import { classMetadata } from '../model/classifier-rows.ts'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import { storeWeights } from '../model/weights.ts'
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

/** The weights and running statistics after the last step, as a safetensors file. */
export async function weightsFile(state: TrainingState): Promise<{ bytes: Uint8Array<ArrayBuffer>; file: TensorFile }> {
  const { gpu, trainee, batchNormUpdates, data, environment } = state
  const metadata = classMetadata(data.classes, environment.data.classOrder)
  const file = await storeWeights(gpu, trainee.weights, batchNormUpdates, metadata)
  return { bytes: writeSafetensors(file), file }
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>) =>
  hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))

/**
 * Saves the weights after the last step. The host has recorded all earlier events. A checkpoint that cannot be saved becomes
 * a warning. Throws DivergedError when a parameter is not finite.
 */
export async function* saveCheckpoint(state: TrainingState): AsyncGenerator<RunEvent> {
  const moment = momentNow(state)
  const name = fileName(state)
  yield activity(state, 'saving')
  const { bytes, file } = await weightsFile(state)
  const failure = refusalOf(state, file) ?? (await failureOf(state, state.save(name, bytes)))
  if (failure) {
    yield { type: 'warning', ...moment, message: `The checkpoint ${name} could not be saved: ${failure}` }
    return
  }
  state.checkpoint = name
  state.savedStep = state.step
  yield { type: 'checkpoint', ...moment, file: name, bytes: bytes.length, sha256: await sha256(bytes) }
}

/** The message of a rejection, or null. Rethrows when the device has failed, since that ends the run. */
export async function failureOf({ gpu }: Pick<TrainingState, 'gpu'>, work: Promise<void>): Promise<string | null> {
  try {
    await work
    return null
  } catch (error) {
    if (gpu.failure()) throw error
    return messageOf(error)
  }
}
