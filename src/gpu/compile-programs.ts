/** Compiles programs in parallel and off the thread, before they are first used. */
import pLimit from 'p-limit'
import { messageOf } from '../message.ts'
import { abortable } from '../wait.ts'
import { DeviceError } from './device.ts'
import type { LabBackend } from './lab-backend.ts'
import type { Program } from './program.ts'
import { type Gpu, unlessFailed } from './read.ts'

/** Programs that are compiled at one time: enough for every core, without the driver's memory for all of them. */
export const compiledAtOnce = 16

export interface CompilingOptions {
  readonly onCompiling?: (done: number, total: number) => void
  /** Ends the wait. What the driver has begun continues, and later uses find it. */
  readonly signal?: AbortSignal
}

/** Why a program does not compile: the device's failure, the compiler's report, or the driver's message. */
async function compileError(gpu: Gpu, error: unknown): Promise<unknown> {
  const report = await gpu.takeShaderErrors()
  const failure = gpu.failure()
  if (failure) return failure
  if (report) return new DeviceError('validation', report)
  if (!(error instanceof Error) || error.name !== 'GPUPipelineError') return error
  return new DeviceError('validation', `The GPU refused a program: ${messageOf(error)}`)
}

/**
 * Compiles programs. Rejects with the signal's reason, with DeviceError for a program that does not compile, or with the
 * device's failure. A program that does not compile is no failure of the device.
 */
export async function compilePrograms(
  gpu: Gpu,
  backend: LabBackend,
  programs: readonly Program[],
  { onCompiling, signal }: CompilingOptions = {},
): Promise<void> {
  if (programs.length === 0) return
  signal?.throwIfAborted()
  // Long programs take longest. They come first, so that no core waits for the last one.
  const longestFirst = [...programs].sort((a, b) => b.code.length - a.code.length)
  const atOnce = pLimit(compiledAtOnce)
  let done = 0
  onCompiling?.(done, programs.length)
  const compileOne = async (program: Program) => {
    await backend.compileInBackground(program)
    if (!signal?.aborted) onCompiling?.(++done, programs.length)
  }
  try {
    const all = atOnce.map(longestFirst, compileOne)
    await unlessFailed(gpu, signal ? abortable(all, signal) : all)
  } catch (error) {
    atOnce.clearQueue()
    throw signal?.aborted ? signal.reason : await compileError(gpu, error)
  }
}
