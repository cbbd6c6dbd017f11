/** How a run ends: maps an error to the end event, with a message and advice. */
import type { RunConfig } from '../config/config.ts'
import { DataError } from '../data/source.ts'
import type { DeviceError } from '../gpu/device.ts'
import { LimitError } from '../gpu/limits.ts'
import { messageOf } from '../message.ts'
import { WeightsError } from '../model/fit.ts'
import type { EndEvent, EndReason, Moment } from '../protocol/run-events.ts'
import type { TrainOptions } from './options.ts'

/** A loss or weights that are not finite. */
export class DivergedError extends Error {
  override name = 'DivergedError'
}

interface Ending {
  readonly reason: EndReason
  readonly message: string
  readonly advice: string
}

export const endEvent = ({ reason, message, advice }: Ending, { step, epoch }: Moment): EndEvent => ({
  type: 'end',
  reason,
  step,
  epoch,
  message,
  advice,
})

function deviceEnding({ reason, message }: DeviceError, { config }: TrainOptions, saved: string): Ending | null {
  if (reason === 'device-lost') {
    const advice = `All recorded results are safe. ${saved} Resume the run; if it happens again, start one with a smaller micro-batch.`
    return { reason, message, advice }
  }
  if (reason === 'out-of-memory') {
    return { reason, message, advice: `Set ${lessMemory(config)}. ${saved}` }
  }
  return null
}

const smallerMicroBatch = ({ train }: RunConfig): number => Math.max(2, Math.floor(train.microBatchSize / 2))

/** Settings with which a run takes less GPU memory. */
function lessMemory(config: RunConfig): string {
  const smaller = `train.microBatchSize to ${smallerMicroBatch(config)} or less`
  return config.train.recompute ? smaller : `train.recompute to true, which changes no number, or ${smaller}`
}

/** Whether the host had no memory for an array. Engines word it differently. */
const isAllocationFailure = (error: unknown): boolean =>
  error instanceof RangeError &&
  /allocation failed|out of memory|invalid (typed )?array (buffer )?length/i.test(error.message)

export function errorEnding(error: unknown, config: RunConfig, saved: string): Ending {
  const message = messageOf(error)
  if (isAllocationFailure(error)) {
    const advice = `Close other programs, or set train.microBatchSize to ${smallerMicroBatch(config)} or less. ${saved}`
    return { reason: 'out-of-memory', message: `There was not enough memory: ${message}.`, advice }
  }
  if (error instanceof DataError) {
    return { reason: 'data-error', message, advice: 'Repair or remove the file named here, then start again.' }
  }
  if (error instanceof LimitError) return { reason: 'error', message, advice: saved }
  if (error instanceof WeightsError) {
    return { reason: 'error', message, advice: 'Choose weights that fit the model, or change the model.' }
  }
  return { reason: 'error', message, advice: saved }
}

/**
 * Why the run ended, by priority: a failed device, divergence, the user's stop, any other error. `checkpoint` is the
 * newest checkpoint's file, or ''.
 */
export function endingOf(error: unknown, options: TrainOptions, last: Moment, checkpoint: string): Ending {
  const saved = checkpoint ? `The last good checkpoint is ${checkpoint}.` : 'No checkpoint has been saved yet.'
  const failure = options.gpu.failure()
  const device = failure && deviceEnding(failure, options, saved)
  if (device) return device
  if (error instanceof DivergedError) {
    const half = options.config.train.activations === 'f16' ? ', or train.activations = f32, whose range is larger' : ''
    const advice = `Try a lower learning rate, a longer warm-up or an α nearer to 0${half}. ${saved}`
    return { reason: 'diverged', message: error.message, advice }
  }
  if (options.signal.aborted) return { reason: 'stopped', message: `Stopped after step ${last.step}.`, advice: '' }
  return errorEnding(error, options.config, saved)
}
