/** GPU work during a pause of a run. Errors of the GPU fail only this work, and the device stays usable for the run. */
import * as tf from '@tensorflow/tfjs'
import { DeviceError } from './device.ts'
import { issuedInErrorScopes } from './error-scopes.ts'
import { type Executor, type Graph, graphKey } from './executor.ts'
import { labBackend } from './lab-backend.ts'
import type { Gpu } from './read.ts'

/** Resolves as `work` does, or rejects with the first error of its commands, which it issues before it returns its promise. */
async function withOwnErrors<T>(gpu: Gpu, work: () => Promise<T>): Promise<T> {
  // Submits earlier commands first, because they belong to other work.
  labBackend()?.flush()
  try {
    return await issuedInErrorScopes(gpu, work)
  } catch (error) {
    // The reports of these shaders must not appear in a later error.
    if (error instanceof DeviceError) await gpu.takeShaderErrors()
    throw error
  }
}

/** Creates tensors in error scopes; disposes them after an error. */
async function createIsolated<T extends tf.TensorContainer>(gpu: Gpu, create: () => T): Promise<T> {
  const made: T[] = []
  try {
    await withOwnErrors(gpu, async () => {
      made.push(create())
      labBackend()?.flush()
    })
    return made[0]
  } catch (error) {
    tf.dispose(made)
    throw error
  }
}

/**
 * Isolates an executor. `prepare`, `run` and `allocate` reject with DeviceError if the GPU runs out of memory or refuses an
 * operation, and the device then has no failure. Call `dispose` after the tensors of the work are disposed: after an
 * error it also destroys the pooled buffers and forgets the pipelines that may be invalid.
 */
export function isolated(executor: Executor, gpu: Gpu): Executor {
  let failed = false
  const noting = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      failed ||= error instanceof DeviceError
      throw error
    }
  }
  // Error scopes wait for the GPU's process, and work prepares the same graph for every batch.
  const prepared = new Set<string>()
  const prepare = async (graph: Graph) => {
    if (prepared.has(graphKey(graph))) return
    await noting(withOwnErrors(gpu, () => executor.prepare(graph)))
    prepared.add(graphKey(graph))
  }
  return {
    ...executor,
    prepare,
    run: (graph, values) => noting(withOwnErrors(gpu, () => executor.run(graph, values))),
    allocate: (create) => noting(createIsolated(gpu, create)),
    dispose: () => {
      executor.dispose()
      if (failed) labBackend()?.forgetResources()
    },
  }
}
