/** Replaces tfjs's kernels on the lab's backend. */
import * as tf from '@tensorflow/tfjs'
import { LabBackend } from '../lab-backend.ts'

export type Arguments = Parameters<tf.KernelConfig['kernelFunc']>[0]

/** Replaces a kernel of the webgpu backend; where `ours` returns null, tfjs's own kernel runs. */
export function replace(
  kernelName: string,
  ours: (args: Arguments, backend: LabBackend) => tf.TensorInfo | null,
): void {
  const stock = tf.getKernel(kernelName, 'webgpu')
  tf.unregisterKernel(kernelName, 'webgpu')
  tf.registerKernel({
    ...stock,
    kernelFunc: (args) => {
      const { backend } = args
      const result = backend instanceof LabBackend ? ours(args as Arguments, backend) : null
      return result ?? stock.kernelFunc(args)
    },
  })
}
