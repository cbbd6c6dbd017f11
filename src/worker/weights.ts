/** Files of weights that the page chooses: described when they are chosen, read again when a run begins with them. */
import type { RunConfig } from '../config/config.ts'
import { messageOf } from '../message.ts'
import { describeWeights } from '../model/describe.ts'
import { type FittedWeights, fitWeights, WeightsError } from '../model/fit.ts'
import { architectureOf } from '../model/resnet.ts'
import { parseSafetensors } from '../model/safetensors.ts'
import type { LabCommand } from '../protocol/commands.ts'
import type { ClassInfo, InitialRecord } from '../protocol/environment.ts'
import type { InitialChoice } from '../protocol/weights-report.ts'
import { sha256 } from '../sha256.ts'
import type { Post } from './post.ts'

/** Answers with `weights` or `weights-refused`. */
export async function readWeights(
  post: Post,
  { request, file }: Extract<LabCommand, { type: 'read-weights' }>,
): Promise<void> {
  try {
    const bytes = await bytesOf(file)
    const parts = describeWeights(parseSafetensors(bytes))
    const report = { file: file.name, bytes: bytes.length, sha256: await sha256(bytes), parts }
    post({ type: 'weights', request, report })
  } catch (error) {
    post({ type: 'weights-refused', request, message: `${file.name} cannot be used: ${messageOf(error)}.` })
  }
}

async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer())
  } catch (cause) {
    throw new WeightsError('the file has changed or is no longer readable; choose it again', { cause })
  }
}

const cures = { classifier: '; turn on “Fresh classifier” to train a new one', prefix: '' } as const

/** Reads and fits the weights that a run begins with. Rejects with WeightsError, which names the file and the cure. */
export async function fitChoice(
  { file, sha256: chosen, prefix, without }: InitialChoice,
  config: RunConfig,
  classes: readonly ClassInfo[],
): Promise<{ readonly weights: FittedWeights; readonly record: InitialRecord }> {
  try {
    const bytes = await bytesOf(file)
    if ((await sha256(bytes)) !== chosen)
      throw new WeightsError('the file has changed since it was chosen; choose it again')
    const net = architectureOf({ ...config.model, classes: classes.length })
    const weights = fitWeights(net, parseSafetensors(bytes), { prefix, without, classes })
    return { weights, record: { file: file.name, sha256: chosen, ...weights.record } }
  } catch (error) {
    const cure = error instanceof WeightsError && error.choice ? cures[error.choice] : ''
    throw new WeightsError(`The weights of ${file.name} cannot be used: ${messageOf(error)}${cure}.`, { cause: error })
  }
}
