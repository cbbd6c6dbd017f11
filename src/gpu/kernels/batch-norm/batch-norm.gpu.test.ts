import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { relativeDifference } from '../../self-test.ts'
import { onCpu, onGpu, seeded, type Values, withSums } from '../testing.ts'
import { batchNormEvaluate, batchNormTrain } from './batch-norm.ts'
import type { Fusion } from './norm.ts'

const sizes = fc.record({
  shape: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 9 })),
  channels: fc.integer({ min: 1, max: 40 }),
  relu: fc.boolean(),
  residual: fc.boolean(),
  hardware: fc.boolean(),
  seed: fc.nat(),
})

type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never

const tensors = ({ shape, channels, residual, seed }: Sizes) => {
  const image = [...shape, channels]
  return [
    // The values are far from zero, where a difference of squares would lose digits.
    seeded(seed, 'x', image, (v) => 30 + 2 * v),
    seeded(seed, 'scale', [channels]),
    seeded(seed, 'shift', [channels]),
    ...(residual ? [seeded(seed, 'residual', image)] : []),
  ]
}

const norm =
  (relu: boolean) =>
  (...[x, scale, shift, residual]: tf.Tensor[]) =>
    batchNormTrain({ x, scale, shift } as Parameters<typeof batchNormTrain>[0], { relu, residual } as Fusion)

/** Norm of dy · scale · inverse, which is the gradient by x before the batch's means are subtracted. */
function beforeCancelling({ channels }: Sizes, [dy, x, scale]: readonly Values[]): number {
  const rows = x.values.length / channels
  const of = (c: number) => Array.from({ length: rows }, (_, r) => x.values[r * channels + c])
  const inverse = Array.from({ length: channels }, (_, c) => {
    const values = of(c)
    const mean = values.reduce((a, b) => a + b, 0) / rows
    return 1 / Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / rows + 1e-5)
  })
  return Math.hypot(...dy.values.map((v, i) => v * scale.values[i % channels] * inverse[i % channels]))
}

describe('training batch norm', () => {
  it('equals the plain form on the CPU, forward and backward, with every fusion', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (s) => {
        const dy = seeded(s.seed, 'dy', [...s.shape, s.channels])
        const work = (values: tf.Tensor[]) => {
          const [d, ...inputs] = values
          return [norm(s.relu)(...inputs), ...tf.grads(norm(s.relu))(inputs, d)]
        }
        const inputs = [dy, ...tensors(s)]
        const [ours, plain] = [await onGpu(inputs, withSums(s.hardware, work)), await onCpu(inputs, work)]
        for (const i of ours.keys()) {
          const name = ['y', 'dx', 'dScale', 'dShift', 'dResidual'][i]
          const error = Math.hypot(...ours[i].map((v, at) => v - plain[i][at]))
          // Any two values of a channel normalize to ±1. Their gradient is a difference of equal numbers, with the
          // error of these numbers.
          const terms = i === 1 ? beforeCancelling(s, inputs) : 0
          expect(error, name).toBeLessThanOrEqual(2e-4 * (Math.hypot(...plain[i]) + terms))
        }
      }),
      { numRuns: 14 },
    )
  })

  it('agrees with numerical gradients', async () => {
    const shape = [2, 3, 2, 4]
    const inputs = [seeded(1, 'x', shape), seeded(1, 'scale', [4]), seeded(1, 'shift', [4])]
    const weights = seeded(1, 'weights', shape)
    const loss = (values: tf.Tensor[]) => tf.sum(tf.mul(norm(false)(...values), values[3]))
    const [dx] = await onGpu([...inputs, weights], ([x, a, b, w]) => [
      tf.grad((v) => loss([v, a, b, w]) as tf.Scalar)(x),
    ])
    const step = 1e-2
    for (const at of [0, 7, 19, 47]) {
      const moved = (by: number) => {
        const values = inputs[0].values.slice()
        values[at] += by
        return [{ ...inputs[0], values }, ...inputs.slice(1), weights]
      }
      const [[up], [down]] = [await onGpu(moved(step), (v) => [loss(v)]), await onGpu(moved(-step), (v) => [loss(v)])]
      expect(dx[at]).toBeCloseTo((up[0] - down[0]) / (2 * step), 2)
    }
  })

  it('updates the running mean and the unbiased variance as PyTorch does', async () => {
    const x = { shape: [2, 2, 1, 1], values: Float32Array.of(1, 2, 3, 6) }
    const one = { shape: [1], values: Float32Array.of(1) }
    for (const host of [onGpu, onCpu]) {
      const [mean, variance] = await host([x, one, one], ([input, scale, start]) => {
        const running = { mean: tf.variable(start), variance: tf.variable(start), momentum: 0.1 }
        running.mean.assign(tf.mul(start, 5))
        running.variance.assign(tf.mul(start, 2))
        const parameters = { x: input, scale, shift: start } as Parameters<typeof batchNormTrain>[0]
        batchNormTrain(parameters, {}, running)
        return [running.mean, running.variance]
      })
      expect(mean[0]).toBeCloseTo(0.9 * 5 + 0.1 * 3, 5)
      expect(variance[0]).toBeCloseTo(0.9 * 2 + (0.1 * (4 + 1 + 0 + 9)) / 3, 5)
    }
  })

  it.each([true, false])('computes moments of 65,536 values to the last digits, hardware: %s', async (hardware) => {
    const [rows, channels] = [65_536, 4]
    const x = seeded(5, 'x', [4, 128, 128, channels], (v) => 30 + 2 * v)
    const one = { shape: [channels], values: new Float32Array(channels).fill(1) }
    const work = ([input, ones]: tf.Tensor[]) => {
      const running = { mean: tf.variable(tf.add(ones, 1)), variance: tf.variable(tf.add(ones, 1)), momentum: 1 }
      const parameters = { x: input, scale: ones, shift: ones } as Parameters<typeof batchNormTrain>[0]
      batchNormTrain(parameters, {}, running)
      return [running.mean, running.variance]
    }
    const [mean, variance] = await onGpu([x, one], withSums(hardware, work))
    for (let c = 0; c < channels; c++) {
      const values = Array.from({ length: rows }, (_, r) => x.values[r * channels + c])
      const exactMean = values.reduce((a, b) => a + b, 0) / rows
      const exactVariance = values.reduce((sum, v) => sum + (v - exactMean) ** 2, 0) / (rows - 1)
      expect(Math.abs(mean[c] / exactMean - 1), `mean of channel ${c}`).toBeLessThan(1.2e-7)
      expect(Math.abs(variance[c] / exactVariance - 1), `variance of channel ${c}`).toBeLessThan(5e-7)
    }
  })

  it('passes a gradient exactly where ReLU’s result is not 0, with and without a residual', async () => {
    for (const [hardware, channels] of [
      [true, 12],
      [false, 7],
    ] as const) {
      const shape = [4, 14, 15, channels]
      const dy = { shape, values: new Float32Array(shape.reduce((a, b) => a * b)).fill(1) }
      const inputs = [dy, ...tensors({ shape: [4, 14, 15], channels, relu: true, residual: true, hardware, seed: 3 })]
      for (const given of [inputs, inputs.slice(0, -1)]) {
        const work = ([d, ...values]: tf.Tensor[]) => [norm(true)(...values), ...tf.grads(norm(true))(values, d)]
        const [y, , , dShift, dResidual] = await onGpu(given, withSums(hardware, work))
        const counts = new Float32Array(channels)
        for (const [i, value] of y.entries()) if (value !== 0) counts[i % channels]++
        expect(dShift).toEqual(counts)
        if (dResidual) expect(dResidual).toEqual(y.map((value) => (value === 0 ? 0 : 1)))
      }
    }
  })

  it('refuses a single value per channel', () => {
    tf.tidy(() => {
      const [x, one] = [tf.zeros<tf.Rank.R4>([1, 1, 1, 2]), tf.ones<tf.Rank.R1>([2])]
      expect(() => batchNormTrain({ x, scale: one, shift: one })).toThrow(
        'batch norm needs more than one value per channel; input is [1,1,1,2]',
      )
    })
  })
})

describe('evaluation batch norm', () => {
  it('equals the plain form on the CPU', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (s) => {
        const statistics = [
          seeded(s.seed, 'mean', [s.channels]),
          seeded(s.seed, 'variance', [s.channels], (v) => v * v + 0.1),
        ]
        const work = ([mean, variance, x, scale, shift, residual]: tf.Tensor[]) => [
          batchNormEvaluate(
            { x, scale, shift } as Parameters<typeof batchNormEvaluate>[0],
            mean as tf.Tensor1D,
            variance as tf.Tensor1D,
            { relu: s.relu, residual: residual as tf.Tensor4D | undefined },
          ),
        ]
        const inputs = [...statistics, ...tensors(s)]
        const [[ours], [plain]] = [await onGpu(inputs, work), await onCpu(inputs, work)]
        expect(relativeDifference(ours, plain)).toBeLessThan(1e-5)
      }),
      { numRuns: 15 },
    )
  })
})
