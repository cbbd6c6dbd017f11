/** An executor for work beside a paused run: errors of the GPU fail this work and leave the device usable for the run. */
import { type Device, DeviceError, failureOf } from './device.ts'
import type { Executor } from './executor.ts'
import { labBackend } from './lab-backend.ts'
import type { Gpu } from './read.ts'

const filters: readonly GPUErrorFilter[] = ['validation', 'out-of-memory', 'internal']

/**
 * Resolves as the work does, or rejects with the first GPU error of the commands that it issues before it returns its
 * promise. Calls may overlap: the error scopes are closed when the commands are issued, not when the work is done.
 */
async function withOwnErrors<T>({ device }: Device, work: () => Promise<T>): Promise<T> {
  for (const filter of filters) device.pushErrorScope(filter)
  const result = work()
  const errors = filters.map(() => device.popErrorScope())
  const [outcome, ...scopes] = await Promise.allSettled([result, ...errors])
  for (const scope of scopes) {
    // A lost device has no scopes; the outcome then is the loss.
    if (scope.status === 'fulfilled' && scope.value) throw failureOf(scope.value)
  }
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

/**
 * Isolates an executor. `run` rejects with DeviceError where the GPU runs out of memory or refuses an operation, and the
 * device has no failure then. Call `dispose` after the tensors of the work are disposed: after an error it also destroys
 * the pooled buffers and pipelines, some of which may be invalid.
 */
export function isolated(executor: Executor, gpu: Gpu): Executor {
  let failed = false
  return {
    ...executor,
    run: async (graph, values) => {
      // Commands that were recorded before are not this work's.
      labBackend()?.flush()
      try {
        return await withOwnErrors(gpu, () => executor.run(graph, values))
      } catch (error) {
        failed ||= error instanceof DeviceError
        throw error
      }
    },
    dispose: () => {
      executor.dispose()
      if (failed) labBackend()?.forgetResources()
    },
  }
}
