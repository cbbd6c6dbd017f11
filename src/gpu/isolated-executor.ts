/** An executor for work beside a paused run: errors of the GPU fail this work and leave the device usable for the run. */
import { DeviceError } from './device.ts'
import { issuedInErrorScopes } from './error-scopes.ts'
import type { Executor } from './executor.ts'
import { labBackend } from './lab-backend.ts'
import type { Gpu } from './read.ts'

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
        return await issuedInErrorScopes(gpu, () => executor.run(graph, values))
      } catch (error) {
        if (error instanceof DeviceError) {
          failed = true
          // Reports of shaders that did not compile must not be blamed for a later error.
          await gpu.takeShaderErrors()
        }
        throw error
      }
    },
    dispose: () => {
      executor.dispose()
      if (failed) labBackend()?.forgetResources()
    },
  }
}
