import type * as tf from '@tensorflow/tfjs'
import type { Device } from './device.ts'
import { type LabBackend, labBackend } from './lab-backend.ts'

export interface Gpu extends Device {
  /** Bytes that live tensors and buffers in use occupy on the GPU. */
  readonly bytes: () => number
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

const download = async (backend: LabBackend, tensors: readonly tf.Tensor[]) =>
  floats(tensors, await backend.download(tensors))

/**
 * Settles as `work` does, or with the device's failure. Not a race with a promise that may never settle: that would hold
 * every result for as long as the device lives.
 */
const unlessFailed = <T>({ onFailure }: Gpu, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const off = onFailure(reject)
    work.then(resolve, reject).finally(off)
  })

/**
 * The one place where numbers come back from the GPU: the values of several tensors in one transfer, as they are after
 * everything asked of the GPU before this call. Rejects with the device's failure where there is one. The tensors stay
 * the caller's.
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
    // A readback that meets a lost device fails with an AbortError of its own; the loss is the reason to report.
    await Promise.resolve()
    throw gpu.failure() ?? error
  }
}
