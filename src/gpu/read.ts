import * as tf from '@tensorflow/tfjs'
import type { Device } from './device.ts'

export interface Gpu extends Device {
  /** Bytes that live tensors and buffers in use occupy on the GPU. */
  readonly bytes: () => number
}

/**
 * The one place where numbers come back from the GPU: the values of several tensors in one transfer.
 * Rejects with the device's failure where there is one. The tensors stay the caller's.
 */
export async function read(gpu: Gpu, tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const flat = tf.tidy(() => tf.concat(tensors.map((t) => t.toFloat().flatten())))
  try {
    const values = (await Promise.race([flat.data<'float32'>(), gpu.failed])) as Float32Array
    const failure = gpu.failure()
    if (failure) throw failure
    let at = 0
    return tensors.map(({ size }) => {
      at += size
      return values.subarray(at - size, at)
    })
  } catch (error) {
    // A readback that meets a lost device fails with an AbortError of its own; the loss is the reason to report.
    await Promise.resolve()
    throw gpu.failure() ?? error
  } finally {
    flat.dispose()
  }
}
