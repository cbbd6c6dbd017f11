import type * as tf from '@tensorflow/tfjs'
import type { Device } from './device.ts'
import { type LabBackend, labBackend } from './lab-backend.ts'

export interface Gpu extends Device {
  /** Bytes of live tensors and buffers in use on the GPU. */
  readonly bytes: () => number
}

/** Most bytes of one transfer: the buffer size that every adapter supports. */
const largestTransfer = 2 ** 28

/** Consecutive tensors in groups of at most `largest` bytes; a larger tensor is alone in its group. */
function transfersOf(tensors: readonly tf.Tensor[], largest: number): tf.Tensor[][] {
  const groups: tf.Tensor[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const tensor of tensors) {
    const size = 4 * tensor.size
    if (bytes + size > largest) {
      groups.push([])
      bytes = 0
    }
    groups[groups.length - 1].push(tensor)
    bytes += size
  }
  return groups
}

/** Downloaded values as numbers. */
function floats(tensors: readonly tf.Tensor[], bytes: ArrayBuffer): Float32Array[] {
  let at = 0
  return tensors.map(({ size, dtype }) => {
    const from = at
    at += 4 * size
    if (dtype === 'float32') return new Float32Array(bytes, from, size)
    return Float32Array.from(new Int32Array(bytes, from, size))
  })
}

async function download(backend: LabBackend, tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const groups = transfersOf(tensors, Math.min(largestTransfer, backend.real.limits.maxBufferSize))
  const values = await Promise.all(groups.map(async (group) => floats(group, await backend.download(group))))
  return values.flat()
}

/**
 * Settles as `work` does, or rejects with the device's failure. `Promise.race` would need a promise that may never
 * settle, which would hold every result for as long as the device exists.
 */
export const unlessFailed = <T>({ onFailure }: Gpu, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const off = onFailure(reject)
    work.then(resolve, reject).finally(off)
  })

/**
 * Reads the values of tensors back from the GPU, as they are after all work that was queued before this call. All tensors come
 * in one transfer (one per 256 MiB): callers should read everything they need at once. The caller still owns the tensors.
 * Rejects with the device's failure. No other function of the engine reads from the GPU.
 */
export async function read(gpu: Gpu, tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const backend = labBackend()
  const values =
    backend && tensors.length > 0
      ? download(backend, tensors)
      : Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())))
  try {
    const result = await unlessFailed(gpu, values)
    const failure = gpu.failure()
    if (failure) throw failure
    return result
  } catch (error) {
    // On a lost device a readback fails with an AbortError before the loss is reported; the loss is the reason to report.
    await Promise.resolve()
    throw gpu.failure() ?? error
  }
}
