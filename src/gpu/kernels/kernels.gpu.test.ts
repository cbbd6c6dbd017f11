import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imageSpecs, imageValues, toInput } from '../../model/input.ts'
import { stream } from '../../random.ts'
import { testGpu } from '../../testing/gpu.ts'
import { createSgd } from '../../train/optimizer.ts'
import { tensorsOf } from '../executor.ts'
import { labBackend } from '../lab-backend.ts'
import { relativeDifference } from '../self-test.ts'
import { addParts } from './add-parts.ts'
import { batchNormEvaluate, batchNormTrain } from './batch-norm/batch-norm.ts'
import { type ClassGroups, classGroupSpecs, classGroups, classSelectivity } from './class-selectivity.ts'
import { imageScores, scores } from './cross-entropy.ts'
import { globalAverage, maxPool } from './pool.ts'
import { parametersTogether } from './sgd.ts'
import { onCpu, onGpu, seeded, type Values, withSums } from './testing.ts'

type Work = (inputs: tf.Tensor[]) => tf.Tensor[]

async function compare(inputs: Values[], work: Work, tolerance = 1e-5): Promise<Float32Array[]> {
  const [ours, plain] = [await onGpu(inputs, work), await onCpu(inputs, work)]
  expect(ours.length).toBe(plain.length)
  for (const [i, values] of ours.entries()) {
    expect(values.length).toBe(plain[i].length)
    expect(relativeDifference(values, plain[i]), `result ${i}`).toBeLessThan(tolerance)
  }
  return ours
}

/** The CPU, and the GPU with the sums of hardware and of software adapters. */
const hosts = [
  onCpu,
  ...[true, false].map(
    (hardware): typeof onGpu =>
      (inputs, work) =>
        onGpu(inputs, withSums(hardware, work)),
  ),
]

const image = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 2, max: 11 }),
  fc.integer({ min: 2, max: 11 }),
  fc.integer({ min: 1, max: 20 }),
)

describe('max pooling', () => {
  it('equals tfjs’s on the CPU with its gradient', async () => {
    const geometry = { size: 3, stride: 2, padding: 1 }
    await fc.assert(
      fc.asyncProperty(image, fc.nat(), async (shape, seed) => {
        const out = (size: number) => Math.floor((size - 1) / 2) + 1
        const dy = seeded(seed, 'dy', [shape[0], out(shape[1]), out(shape[2]), shape[3]])
        await compare([seeded(seed, 'x', shape), dy], ([x, d]) => {
          const pool = (v: tf.Tensor) => maxPool(v as tf.Tensor4D, geometry)
          return [pool(x), tf.grad(pool)(x, d)]
        })
      }),
      { numRuns: 15 },
    )
  })

  it('passes the gradient to the first of equal values, as PyTorch does', async () => {
    const x = { shape: [1, 3, 3, 1], values: new Float32Array(9).fill(2) }
    const [dx] = await onGpu([x], ([v]) => [
      tf.grad((t) => maxPool(t as tf.Tensor4D, { size: 3, stride: 1, padding: 0 }))(v),
    ])
    expect([...dx]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0])
  })
})

describe('global average pooling', () => {
  it('equals the mean on the CPU with its gradient', async () => {
    await fc.assert(
      fc.asyncProperty(image, fc.nat(), async (shape, seed) => {
        const dy = seeded(seed, 'dy', [shape[0], shape[3]])
        const work: Work = ([x, d]) => {
          const average = (v: tf.Tensor) => globalAverage(v as tf.Tensor4D)
          return [average(x), tf.grad(average)(x, d)]
        }
        await compare([seeded(seed, 'x', shape), dy], withSums(seed % 2 === 0, work))
      }),
      { numRuns: 15 },
    )
  })
})

describe('softmax cross-entropy', () => {
  /** Cross-entropy and its gradient in float64. */
  function exact(logits: Float32Array, labels: readonly number[], classes: number) {
    const gradient = new Float64Array(logits.length)
    let crossEntropy = 0
    for (const [n, label] of labels.entries()) {
      const row = logits.subarray(n * classes, (n + 1) * classes)
      const others = [...row.keys()]
        .filter((c) => c !== label)
        .reduce((sum, c) => sum + Math.exp(row[c] - row[label]), 0)
      crossEntropy += Math.log1p(others)
      for (let c = 0; c < classes; c++) gradient[n * classes + c] = Math.exp(row[c] - row[label]) / (1 + others)
      gradient[n * classes + label] = -others / (1 + others)
    }
    return { crossEntropy, gradient }
  }

  it('equals float64 and the plain form on the CPU with its gradient, and counts ranks', async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 2, max: 300 }))
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async ([images, classes], seed) => {
        const logits = seeded(seed, 'logits', [images, classes], (v) => 10 * v)
        const labels = Array.from({ length: images }, (_, i) => (i * 7) % classes)
        const work: Work = ([x]) => {
          const of = (v: tf.Tensor) => scores(v as tf.Tensor2D, tf.tensor1d(labels, 'int32'))
          const { crossEntropy, top1, top5 } = of(x)
          const loss = (v: tf.Tensor) => tf.mul(of(v).crossEntropy, 0.5)
          return [crossEntropy, tf.grad(loss)(x), tf.stack([top1, top5, tf.scalar(1)])]
        }
        const [ours, plain] = [await onGpu([logits], withSums(seed % 2 === 0, work)), await onCpu([logits], work)]
        const { crossEntropy, gradient } = exact(logits.values, labels, classes)
        const half = gradient.map((v) => 0.5 * v)
        expect(Math.abs(ours[0][0] / crossEntropy - 1)).toBeLessThan(1e-5)
        expect(relativeDifference(ours[1], half)).toBeLessThan(1e-5)
        // The plain form rounds 1 + a small sum, and a loss near zero with it.
        expect(Math.abs(plain[0][0] - crossEntropy)).toBeLessThan(1e-5 * crossEntropy + 1e-6 * images)
        expect(Math.hypot(...plain[1].map((v, i) => v - half[i]))).toBeLessThan(1e-5 * Math.hypot(...half) + 1e-6)
        expect(ours[2]).toEqual(plain[2])
      }),
      { numRuns: 15, examples: [[[1, 15], 60972741]] },
    )
  })

  it('counts an image with a logit that is not finite as wrong, so that a diverged run has no top-1', async () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
    // Two images of each kind, with labels 0 and 1. The logit of the label or another one is not finite.
    const rows = [
      [nan, nan, nan],
      [nan, 0, 0],
      [0, nan, 0],
      [0, 0, nan],
      [infinity, 0, 0],
      [9, 9, -infinity],
    ]
    const logits = { shape: [13, 3], values: Float32Array.from([...rows.flatMap((row) => [...row, ...row]), 1, 0, 0]) }
    const labels = () =>
      tf.tensor1d(
        Array.from({ length: 13 }, (_, i) => i % 2),
        'int32',
      )
    const work: Work = ([x]) => {
      const result = scores(x as tf.Tensor2D, labels())
      return [result.top1, result.top5, imageScores(x as tf.Tensor2D, labels())]
    }
    for (const host of hosts) {
      const [top1, top5, each] = await host([logits], work)
      expect([top1[0], top5[0]]).toEqual([1, 1])
      expect([...each.slice(-2)]).toEqual([1, 1])
      expect(each.filter((_, i) => i % 3 > 0 && i < 36).every((value) => value === 0)).toBe(true)
    }
  })

  it('ranks the lower class first where logits are equal', async () => {
    const equal = { shape: [3, 3], values: new Float32Array(9) }
    for (const host of hosts) {
      const [top1] = await host([equal], ([x]) => [scores(x as tf.Tensor2D, tf.tensor1d([0, 1, 2], 'int32')).top1])
      expect(top1[0]).toBe(1)
    }
  })
})

describe('class selectivity', () => {
  it('equals the plain form on the CPU with its gradient, for means and sums', async () => {
    const sizes = fc.record({
      labels: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 }),
      units: fc.integer({ min: 1, max: 90 }),
      statistic: fc.constantFrom('mean' as const, 'sum' as const),
      seed: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(sizes, async ({ labels, units, statistic, seed }) => {
        const pooled = seeded(seed, 'pooled', [labels.length, units], (v) => Math.abs(v) + 0.01)
        await compare(
          [pooled, seeded(seed, 'dy', [units])],
          ([x, d]) => {
            const values = classGroups(Int32Array.from(labels), statistic)
            const groups = tensorsOf(classGroupSpecs(labels.length), values) as unknown as ClassGroups
            const index = (v: tf.Tensor) => classSelectivity(v as tf.Tensor2D, groups)
            return [index(x), tf.grad(index)(x, d)]
          },
          1e-4,
        )
      }),
      { numRuns: 20 },
    )
  })
})

describe('gradients', () => {
  const labels = Int32Array.of(2, 0, 1, 0, 2, 1)
  const positive = (v: number) => Math.abs(v) + 0.5
  /** Scalar functions of one tensor. The maximum of a window is the same on both sides of a small step. */
  const functions: readonly (readonly [string, Values, (x: tf.Tensor) => tf.Scalar])[] = [
    [
      'max pooling',
      seeded(1, 'pool', [1, 5, 4, 3], (v) => 3 * v),
      (x) => tf.sum(tf.square(maxPool(x as tf.Tensor4D, { size: 3, stride: 2, padding: 1 }))),
    ],
    ['global average', seeded(2, 'average', [2, 3, 5, 4]), (x) => tf.sum(tf.square(globalAverage(x as tf.Tensor4D)))],
    [
      'cross-entropy',
      seeded(3, 'logits', [6, 5]),
      (x) => scores(x as tf.Tensor2D, tf.tensor1d(labels, 'int32')).crossEntropy,
    ],
    [
      'class selectivity',
      seeded(4, 'pooled', [6, 7], positive),
      (x) => {
        const groups = tensorsOf(classGroupSpecs(6), classGroups(labels, 'mean')) as unknown as ClassGroups
        return tf.sum(tf.square(classSelectivity(x as tf.Tensor2D, groups)))
      },
    ],
    ['matrix product', seeded(5, 'product', [6, 7]), (x) => tf.sum(tf.square(tf.matMul(x as tf.Tensor2D, x, true)))],
  ]

  it.each(functions)('agree with numerical ones: %s', async (_, x, f) => {
    const [gradient] = await onGpu([x], ([v]) => [tf.grad(f)(v)])
    const step = 1e-2
    for (const at of [0, 4, 11, 23, 29]) {
      const [up, down] = await onGpu(
        [step, -step].map((by) => ({ ...x, values: x.values.map((v, i) => (i === at ? v + by : v)) })),
        (moved) => moved.map(f),
      )
      const numerical = (up[0] - down[0]) / (2 * step)
      expect(Math.abs(gradient[at] - numerical), `element ${at}`).toBeLessThan(2e-3 * Math.max(1, Math.abs(numerical)))
    }
  })
})

/** Views of images of several sizes, which are resampled, moved, cut off and mirrored. */
function someViews(images: number, size: number, seed: number) {
  const { integer } = stream(seed, 'views')
  const views: number[] = []
  let bytes = 0
  for (let i = 0; i < images; i++) {
    const [columns, rows, plain] = [1 + integer(size + 2), 1 + integer(size + 2), integer(2) === 0]
    const [outX, outY] = plain ? [columns, rows] : [1 + integer(2 * size), 1 + integer(2 * size)]
    views.push(bytes, columns, rows, 0, 0, columns, rows, outX, outY)
    views.push(integer(2 * size) - size, integer(2 * size) - size, 0, 0, outX, outY, integer(2))
    bytes += 3 * columns * rows
  }
  return { views: Int32Array.from(views), images: Uint8Array.from({ length: bytes }, () => integer(256)) }
}

/** Pixels of three channels with a fourth of zeros, as images for a GPU have it. */
const withFourth = (values: Float32Array) =>
  Float32Array.from({ length: (values.length / 3) * 4 }, (_, i) => (i % 4 === 3 ? 0 : values[3 * (i >> 2) + (i % 4)]))

describe('images', () => {
  it('are resampled, cropped, mirrored and normalized as by the plain form, for any part of the batch', async () => {
    const sizes = fc.record({
      images: fc.integer({ min: 1, max: 6 }),
      size: fc.integer({ min: 1, max: 13 }),
      seed: fc.nat(),
    })
    await fc.assert(
      fc.asyncProperty(sizes, async ({ images, size, seed }) => {
        const batch = someViews(images, size, seed)
        const first = seed % images
        const work: Work = () => {
          const tensors = tensorsOf(imageSpecs(images, { inputSize: size }), imageValues(batch, images, size))
          return [toInput(tensors, { first, count: images - first, size })]
        }
        const hardware = seed % 2 === 0
        const [[ours], [plain]] = [await onGpu([], withSums(hardware, work)), await onCpu([], work)]
        expect(ours).toEqual(hardware ? withFourth(plain) : plain)
      }),
      { numRuns: 30 },
    )
  })

  it('are complete without views', async () => {
    const bytes = Uint8Array.from({ length: 2 * 7 * 7 * 3 }, (_, i) => (i * 37) % 256)
    const work: Work = () => [
      toInput(tensorsOf(imageSpecs(2, { inputSize: 7 }), imageValues({ images: bytes }, 2, 7)), {
        first: 0,
        count: 2,
        size: 7,
      }),
    ]
    const [[ours], [plain]] = [await onGpu([], withSums(false, work)), await onCpu([], work)]
    expect(ours).toEqual(plain)
  })
})

describe('NaN', () => {
  it('passes through ReLU, pooling and the loss, so that a diverged run shows', async () => {
    const values = Float32Array.from({ length: 32 }, (_, i) => (i === 5 ? Number.NaN : i))
    const [norm, pooled, average, loss] = await onGpu([{ shape: [2, 2, 2, 4], values }], ([x]) => {
      const one = tf.ones<tf.Rank.R1>([4])
      const image = x as tf.Tensor4D
      const labels = tf.tensor1d([0, 1, 2, 3, 0, 1, 2, 3], 'int32')
      return [
        batchNormEvaluate({ x: image, scale: one, shift: one }, one, one, { relu: true }),
        maxPool(image, { size: 3, stride: 2, padding: 1 }),
        globalAverage(image),
        scores(tf.reshape(x, [8, 4]), labels).crossEntropy,
      ]
    })
    for (const result of [norm, pooled, average, loss]) expect(result.some(Number.isNaN)).toBe(true)
  })

  it('passes through the ReLU after batch norm with either sign, in training and in evaluation', async () => {
    const bits = new Uint32Array([0x7fc00000, 0xffc00000])
    const [positive, negative] = new Float32Array(bits.buffer)
    for (const nan of [positive, negative]) {
      const values = Float32Array.from({ length: 32 }, (_, i) => (i === 5 ? nan : i - 16))
      const [trained, evaluated] = await onGpu([{ shape: [2, 2, 2, 4], values }], ([x]) => {
        const one = tf.ones<tf.Rank.R1>([4])
        const tensors = { x: x as tf.Tensor4D, scale: one, shift: one }
        return [batchNormTrain(tensors, { relu: true }), batchNormEvaluate(tensors, one, one, { relu: true })]
      })
      // In training the whole channel becomes NaN, in evaluation only the value.
      for (let i = 0; i < 32; i++) {
        expect(Number.isNaN(trained[i]), `trained ${i}`).toBe(i % 4 === 1)
        expect(Number.isNaN(evaluated[i]), `evaluated ${i}`).toBe(i === 5)
      }
    }
  })
})

describe('a dispatch', () => {
  it('refuses uniforms with names that the program does not declare', async () => {
    await testGpu()
    const backend = labBackend()
    if (!backend) throw new Error('the lab’s backend is not in use')
    const parts = tf.zeros([4])
    const result = tf.zeros([2])
    const dispatch = (uniforms: Record<string, number>) => () =>
      backend.dispatch(addParts, { outputs: [result], inputs: [parts], uniforms, workgroups: [1] })
    expect(dispatch({ size: 2 })).toThrow('uniform count has no value (program add-parts has size, count)')
    expect(dispatch({ size: 2, count: 2, sum: 1 })).toThrow('no uniform sum (program add-parts has size, count)')
    expect(dispatch({ count: 2, size: 2 })).not.toThrow()
    tf.dispose([parts, result])
  })
})

describe('SGD', () => {
  it.each([true, false])('equals the plain form on the CPU over three steps, hardware: %s', async (hardware) => {
    const sizes = [1, 7, 64, 4097, 260, 5, 1024]
    const values = sizes.flatMap((size, p) => [seeded(p, 'w', [size]), seeded(p, 'g', [size])])
    const update = (tensors: tf.Tensor[]) => {
      const weights = new Map(sizes.map((_, p) => [`w${p}`, tf.variable(tensors[2 * p])]))
      const gradients = new Map(sizes.map((_, p) => [`w${p}`, tensors[2 * p + 1]]))
      const sgd = createSgd(weights, { momentum: 0.9, weightDecay: 0.01 })
      const backend = labBackend()
      const steps = () => {
        for (const rate of [0.1, 0.2, 0.05]) sgd.update(gradients, tf.tensor1d(sgd.rates(rate)))
      }
      if (!backend) steps()
      else {
        const together = parametersTogether(backend)
        expect(together > 1).toBe(hardware)
        expect(backend.counting(steps).work.dispatches).toBe(3 * Math.ceil(sizes.length / together))
      }
      return [...weights.values(), ...sgd.velocity.values()] as tf.Tensor[]
    }
    await compare(values, withSums(hardware, update))
  })
})
