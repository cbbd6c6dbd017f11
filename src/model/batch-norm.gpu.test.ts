import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { read } from '../gpu/read.ts'
import { relativeDifference } from '../gpu/self-test.ts'
import { stream } from '../random.ts'
import { testGpu } from '../testing/gpu.ts'
import { batchNormEvaluate, batchNormTrain, epsilon } from './batch-norm.ts'

const normals = (name: string, shape: number[]) => {
  const random = stream(1, name)
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
    shape,
  )
}

/** The same, left to automatic differentiation. */
function composed(x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2])
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), scale), shift)
}

describe.each([[[2, 3, 5, 7]], [[1, 1, 2, 1]], [[4, 2, 2, 33]]])('training batch norm on [%s]', (shape) => {
  const channels = shape[3]

  it('equals the composed form and its automatic gradients', async () => {
    const gpu = await testGpu()
    const tensors = tf.tidy(() => {
      const inputs = [normals('x', shape), normals('scale', [channels]), normals('shift', [channels])]
      const dy = normals('dy', shape)
      const ours = (x: tf.Tensor, a: tf.Tensor, b: tf.Tensor) =>
        batchNormTrain(x as tf.Tensor4D, a as tf.Tensor1D, b as tf.Tensor1D, () => {})
      const [x, a, b] = inputs
      return [ours(x, a, b), ...tf.grads(ours)(inputs, dy), composed(x, a, b), ...tf.grads(composed)(inputs, dy)]
    })
    const values = await read(gpu, tensors).finally(() => tf.dispose(tensors))
    for (let i = 0; i < 4; i++) {
      const [ours, reference] = [values[i], values[i + 4]]
      // Two values a channel normalize to ±1 whatever they are, so their gradient is a difference of equals.
      const size = Math.hypot(...reference)
      if (size > 1e-3)
        expect(relativeDifference(ours, reference), ['y', 'dx', 'dscale', 'dshift'][i]).toBeLessThan(1e-4)
      else expect(Math.hypot(...ours)).toBeLessThan(1e-2)
    }
  })

  it('reports the mean and the unbiased variance', async () => {
    const gpu = await testGpu()
    const n = shape[0] * shape[1] * shape[2]
    const kept: tf.Tensor[] = []
    const x = tf.tidy(() => {
      const input = normals('x', shape) as tf.Tensor4D
      batchNormTrain(input, tf.ones([channels]), tf.zeros([channels]), ({ mean, unbiasedVariance }) => {
        kept.push(tf.keep(mean.clone()), tf.keep(unbiasedVariance.clone()))
      })
      return input
    })
    const [mean, variance, data] = await read(gpu, [...kept, x])
    tf.dispose([...kept, x])
    for (let c = 0; c < channels; c++) {
      const values = Array.from({ length: n }, (_, i) => data[i * channels + c])
      const average = values.reduce((a, b) => a + b, 0) / n
      expect(mean[c]).toBeCloseTo(average, 5)
      expect(variance[c]).toBeCloseTo(values.reduce((a, v) => a + (v - average) ** 2, 0) / (n - 1), 4)
    }
  })
})

describe('batch norm', () => {
  it('refuses a single value a channel', async () => {
    await testGpu()
    const [x, one] = [tf.ones<tf.Rank.R4>([1, 1, 1, 3]), tf.ones<tf.Rank.R1>([3])]
    expect(() => batchNormTrain(x, one, one, () => {})).toThrow(/more than one value a channel; input is \[1,1,1,3\]/)
    tf.dispose([x, one])
  })

  it('uses the given statistics in evaluation', async () => {
    const gpu = await testGpu()
    const y = tf.tidy(() =>
      batchNormEvaluate(
        tf.tensor4d([4, 8], [1, 1, 1, 2]),
        tf.tensor1d([2, 1]),
        tf.tensor1d([1, 0]),
        tf.tensor1d([2, 8]),
        tf.tensor1d([4, 1]),
      ),
    )
    const [values] = await read(gpu, [y]).finally(() => y.dispose())
    expect(values[0]).toBeCloseTo(3, 4)
    expect(values[1]).toBeCloseTo(0, 5)
  })
})
