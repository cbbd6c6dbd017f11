/** Runs the same work on the GPU and on tfjs's CPU backend, for the kernels' tests. */
import * as tf from '@tensorflow/tfjs'
import { stream } from '../../random.ts'
import { testGpu } from '../../testing/gpu.ts'
import { labBackend } from '../lab-backend.ts'
import { withChoices } from './choose.ts'

export interface Values {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Normally distributed values, each passed through `map`. */
export function seeded(seed: number, name: string, shape: readonly number[], map = (v: number) => v): Values {
  const random = stream(seed, name)
  const length = shape.reduce((a, b) => a * b, 1)
  return { shape, values: Float32Array.from({ length }, () => map(random.normal())) }
}

type Work = (inputs: tf.Tensor[]) => tf.Tensor[]

async function on(backend: 'webgpu' | 'cpu', inputs: readonly Values[], work: Work): Promise<Float32Array[]> {
  const gpu = await testGpu()
  await tf.setBackend(backend)
  try {
    tf.engine().startScope()
    const results = work(inputs.map(({ shape, values }) => tf.tensor(values, [...shape])))
    const values = await Promise.all(results.map((result) => result.data()))
    const failure = gpu.failure()
    if (failure) throw failure
    return values.map((v) => Float32Array.from(v))
  } finally {
    tf.engine().endScope()
    await tf.setBackend('webgpu')
  }
}

/** Runs `work` on the GPU with the lab's kernels; resolves with the values of its results. */
export const onGpu = (inputs: readonly Values[], work: Work) => on('webgpu', inputs, work)

/** Runs the plain forms of `work` on the CPU; resolves with the values of its results. */
export const onCpu = (inputs: readonly Values[], work: Work) => on('cpu', inputs, work)

/** The same work with the sums of a GPU (`hardware`) or of a software adapter, whichever adapter runs it. */
export const withSums =
  (hardware: boolean, work: Work): Work =>
  (inputs) => {
    const backend = labBackend()
    if (!backend) return work(inputs)
    const { choices } = backend
    const adapter = { ...choices.adapter, software: !hardware }
    return withChoices(backend, { ...choices, adapter }, () => work(inputs))
  }
