/** Checkpoints during training: file names and saving weights. */
import { messageOf } from '../message.ts'
import { classMetadata } from '../model/classifier-rows.ts'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import { storeWeights } from '../model/weights.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { sha256 } from '../sha256.ts'
import { DivergedError } from './run-end.ts'
import { activity, momentNow, stepsOfEpochs, type TrainingState } from './state.ts'

/** `epoch-0003.safetensors` at the end of an epoch, `step-00000042.safetensors` within one. */
function fileName(state: TrainingState): string {
  const epochs = stepsOfEpochs(state) / state.stepsPerEpoch
  const [name, count, digits] = Number.isInteger(epochs) ? ['epoch', epochs, 4] : ['step', state.step, 8]
  return `${name}-${String(count).padStart(Number(digits), '0')}.safetensors`
}

/** A loop: `every` with a function takes 0.2 s for the weights of a ResNet-50, three times as long. */
function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}

/** The names of the tensors with a value that is not finite. */
export const overflown = ({ tensors }: TensorFile): string[] =>
  [...tensors].flatMap(([name, { data }]) => (data instanceof Float32Array && !allFinite(data) ? [name] : []))

/**
 * Why these weights must not be saved, or null. Throws DivergedError when a parameter is not finite; running statistics that
 * overflow do not end the run, since training does not read them.
 */
function refusalOf({ trainee, step }: TrainingState, file: TensorFile): string | null {
  const names = overflown(file)
  if (names.length === 0) return null
  const parameter = names.find((name) => trainee.parameters.has(name))
  const message = `The weights are not finite after step ${step} (${parameter ?? names[0]}).`
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

/**
 * Saves the weights after the last step. The host has recorded all earlier events. A checkpoint that cannot be saved becomes
 * a warning. Throws DivergedError when a parameter is not finite.
 */
export async function* saveCheckpoint(state: TrainingState): AsyncGenerator<RunEvent> {
  const moment = momentNow(state)
  const name = fileName(state)
  yield activity(state, 'saving')
  const { bytes, file } = await weightsFile(state)
  const warning = (reason: string): RunEvent => ({
    type: 'warning',
    ...moment,
    message: `The checkpoint ${name} could not be saved: ${reason}`,
  })
  const refusal = refusalOf(state, file)
  if (refusal) {
    yield warning(refusal)
    return
  }
  // Another thread computes the hash, from a copy that the call makes, while this one writes.
  const [hash, failure] = await Promise.all([sha256(bytes), failureOf(state, state.save(name, bytes))])
  if (failure) {
    yield warning(failure)
    return
  }
  state.checkpoint = name
  state.savedStep = state.step
  yield { type: 'checkpoint', ...moment, file: name, bytes: bytes.length, sha256: hash }
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
