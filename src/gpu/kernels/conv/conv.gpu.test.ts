import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testGpu } from '../../../testing/gpu.ts'
import { compile } from '../../compile/compile.ts'
import type { StorageExponents } from '../../compile/halved.ts'
import { type LabBackend, labBackend } from '../../lab-backend.ts'
import { read } from '../../read.ts'
import { relativeDifference } from '../../self-test.ts'
import { batchNormTrain } from '../batch-norm/batch-norm.ts'
import { type KernelChoices, usableSchemes, withChoices } from '../choose.ts'
import { runs, type Scheme, schemeName } from '../schemes.ts'
import { onCpu, onGpu, seeded, type Values } from '../testing.ts'
import { type Geometry, type Operation, operations } from './geometry.ts'
import { convolve, shapesOf } from './operations.ts'

function geometryOf(
  [images, height, width]: readonly number[],
  [inputs, outputs]: readonly number[],
  kernel: number,
  stride: number,
): Geometry {
  const padding = (kernel - 1) / 2
  const out = (size: number) => Math.floor((size - 1) / stride) + 1
  return {
    ...{ images, height, width, inputs, outHeight: out(height), outWidth: out(width), outputs },
    ...{ kernel: [kernel, kernel], stride: [stride, stride], padding: [padding, padding] },
  }
}

/** Convolutions of ResNets with odd sizes. */
const geometriesOf = (inputs: fc.Arbitrary<number>, outputs: fc.Arbitrary<number>): fc.Arbitrary<Geometry> =>
  fc
    .record({
      kernel: fc.constantFrom(1, 3, 7),
      stride: fc.constantFrom(1, 2),
      images: fc.integer({ min: 1, max: 9 }),
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
      inputs,
      outputs,
    })
    .map(({ kernel, stride, images, height, width, inputs, outputs }) =>
      geometryOf([images, height, width], [inputs, outputs], kernel, stride),
    )

/** With channel counts that are no multiple of a vector's length. */
const geometries = geometriesOf(
  fc.oneof(fc.constant(3), fc.integer({ min: 1, max: 40 })),
  fc.integer({ min: 1, max: 40 }),
)

/** With channel counts that vector schemes can load; 4 are images with a channel of zeros. */
const vectorGeometries = geometriesOf(fc.constantFrom(4, 16, 48), fc.constantFrom(16, 32, 80))

function plain(g: Geometry, operation: Operation): (inputs: tf.Tensor[]) => tf.Tensor[] {
  const conv = (x: tf.Tensor, w: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, g.stride[0], g.padding[0], 'NHWC', 1, 'floor')
  return ([a, b]) => {
    if (operation === 'forward') return [conv(a, b)]
    if (operation === 'input-gradient') {
      const at = tf.zeros([g.images, g.height, g.width, g.inputs])
      return [tf.grad((x) => conv(x, b))(at, a)]
    }
    const at = tf.zeros([...g.kernel, g.inputs, g.outputs])
    return [tf.grad((w) => conv(a, w))(at, b)]
  }
}

/** With random signs, the rounding error of a sum of n products grows with √n. */
const tolerance = (terms: number) => 4e-7 * Math.sqrt(terms) + 1e-6

const termsOf = (g: Geometry, operation: Operation) =>
  operation === 'filter-gradient'
    ? g.images * g.outHeight * g.outWidth
    : g.kernel[0] * g.kernel[1] * (operation === 'forward' ? g.inputs : g.outputs)

const inputsOf = (g: Geometry, operation: Operation, seed: number): Values[] =>
  shapesOf(operation, g).inputs.map((shape, i) => seeded(seed, `input ${i}`, shape))

/** Set by `npm test -- --exhaustive`. */
const exhaustive = process.env.LAB_EXHAUSTIVE === '1'

async function backendInUse(): Promise<LabBackend> {
  await onGpu([], () => [tf.scalar(0)])
  const backend = labBackend()
  if (!backend) throw new Error('the lab’s backend is not in use')
  return backend
}

/** Every convolution in one scheme, with the sums of a GPU. */
const forced = (backend: LabBackend, scheme: Scheme): KernelChoices => ({
  adapter: { ...backend.choices.adapter, software: false },
  variantOf: () => ({ scheme, splits: 1 }),
})

const inVariant = (g: Geometry, operation: Operation, scheme: Scheme, splits: number) => (inputs: tf.Tensor[]) => {
  const backend = labBackend()
  if (!backend) throw new Error('the lab’s backend is not in use')
  const info = convolve(backend, operation, g, [inputs[0], inputs[1]], { scheme, splits })
  return [tf.engine().makeTensorFromTensorInfo(info, backend)]
}

/** The operation's result plus an addend, by a compiled step, which adds in the operation's own program. */
async function plusAddend(work: (inputs: tf.Tensor[]) => tf.Tensor[], [a, b, addend]: Values[]) {
  const spec = ({ shape }: Values) => ({ shape, dtype: 'float32' }) as const
  const step = compile(({ a, b, addend }) => ({ sum: tf.add(addend, work([a, b])[0]) }), {
    inputs: { a: spec(a), b: spec(b), addend: spec(addend) },
    state: [],
  })
  try {
    step.run({ a: a.values, b: b.values, addend: addend.values })
    const [sum] = await read(await testGpu(), [step.outputs.sum])
    return { sum, dispatches: step.report().dispatches }
  } finally {
    step.dispose()
  }
}

/**
 * Rows and columns that no tile divides, taps on padding, pixels of the input that no output sees, and filter gradients of more products than
 * are added in one go, over a number of images that four does not divide.
 */
const quadCases: readonly {
  readonly operation: Operation
  readonly images: readonly number[]
  readonly channels: readonly number[]
  readonly kernel: number
  readonly stride: number
  readonly splits: number
}[] = [
  { operation: 'forward', images: [3, 5, 7], channels: [8, 20], kernel: 3, stride: 1, splits: 1 },
  { operation: 'forward', images: [5, 5, 3], channels: [12, 36], kernel: 3, stride: 2, splits: 2 },
  { operation: 'input-gradient', images: [5, 4, 4], channels: [68, 24], kernel: 3, stride: 1, splits: 1 },
  { operation: 'input-gradient', images: [3, 5, 7], channels: [36, 12], kernel: 1, stride: 2, splits: 1 },
  { operation: 'filter-gradient', images: [33, 9, 9], channels: [20, 4], kernel: 3, stride: 2, splits: 7 },
  { operation: 'filter-gradient', images: [33, 9, 9], channels: [12, 68], kernel: 3, stride: 1, splits: 1 },
]

describe('convolutions', () => {
  it('equal tfjs’s on the CPU in the selected variant, over random shapes', async () => {
    await fc.assert(
      fc.asyncProperty(geometries, fc.constantFrom(...operations), fc.nat(), async (g, operation, seed) => {
        const inputs = inputsOf(g, operation, seed)
        const [[ours], [reference]] = [
          await onGpu(inputs, plain(g, operation)),
          await onCpu(inputs, plain(g, operation)),
        ]
        expect(relativeDifference(ours, reference)).toBeLessThan(tolerance(termsOf(g, operation)))
      }),
      { numRuns: 40 },
    )
  }, 240_000)

  it('equal tfjs’s on the CPU in every variant, and give the same bytes twice, alone and with an addend', async () => {
    const backend = await backendInUse()
    const casesOf = (g: fc.Arbitrary<Geometry>) =>
      fc.sample(fc.record({ g, operation: fc.constantFrom(...operations), splits: fc.constantFrom(1, 2, 7) }), {
        numRuns: 4,
        seed: 7,
      })
    const usable = usableSchemes(backend)
    for (const [seed, { g, operation, splits }] of [...casesOf(geometries), ...casesOf(vectorGeometries)].entries()) {
      const inputs = inputsOf(g, operation, seed)
      const addend = seeded(seed, 'addend', shapesOf(operation, g).output)
      const [reference] = await onCpu(inputs, plain(g, operation))
      // The other schemes treat these shapes as any other. Vector schemes take turns, since each compiles for a second.
      const turns = exhaustive ? 1 : 3
      const takes = ({ kind }: Scheme, i: number) => (kind === 'vector' ? (seed + i) % turns === 0 : seed < 4)
      const able = usable.filter((scheme, i) => runs(scheme, operation, g) && takes(scheme, i))
      for (const [i, scheme] of able.entries()) {
        const work = inVariant(g, operation, scheme, splits)
        const [[first], [second]] = [await onGpu(inputs, work), await onGpu(inputs, work)]
        const what = `${schemeName(scheme)}/${splits} ${operation} ${JSON.stringify(g)}`
        expect(relativeDifference(first, reference), what).toBeLessThan(tolerance(termsOf(g, operation)))
        expect(second, what).toEqual(first)
        // Schemes of a kind store alike.
        if (able.findIndex(({ kind }) => kind === scheme.kind) < i) continue
        const { sum, dispatches } = await plusAddend(work, [...inputs, addend])
        expect(sum, what).toEqual(first.map((value, at) => value + addend.values[at]))
        // Filter gradients add only where their parts are added, too.
        expect(dispatches, what).toBeLessThanOrEqual(operation === 'filter-gradient' || splits > 1 ? 2 : 1)
      }
    }
  }, 240_000)

  it.for(quadCases)(
    'equal tfjs’s on the CPU in quads, which give the same bytes: $operation $kernel × $kernel in $splits parts',
    { timeout: 120_000 },
    async ({ operation, images, channels, kernel, stride, splits }, { skip }) => {
      const backend = await backendInUse()
      if (!backend.choices.adapter.features.includes('subgroups')) skip()
      const g = geometryOf(images, channels, kernel, stride)
      const inputs = inputsOf(g, operation, 2)
      const addend = seeded(2, 'addend', shapesOf(operation, g).output)
      const [reference] = await onCpu(inputs, plain(g, operation))
      const narrow = usableSchemes(backend).find((scheme) => schemeName(scheme) === 'quad-8x16x4') as Scheme
      const [bytes] = await onGpu(inputs, inVariant(g, operation, narrow, splits))
      expect(relativeDifference(bytes, reference)).toBeLessThan(tolerance(termsOf(g, operation)))
      const wide = usableSchemes(backend).filter((one) => one.kind === 'vector-quad' && runs(one, operation, g))
      expect(wide.length).toBeGreaterThanOrEqual(3)
      for (const scheme of wide) {
        const work = inVariant(g, operation, scheme, splits)
        expect((await onGpu(inputs, work))[0], schemeName(scheme)).toEqual(bytes)
        if (operation === 'filter-gradient' || splits > 1) continue
        const { sum, dispatches } = await plusAddend(work, [...inputs, addend])
        expect(sum, schemeName(scheme)).toEqual(bytes.map((value, at) => value + addend.values[at]))
        expect(dispatches, schemeName(scheme)).toBe(1)
      }
    },
  )

  it('have the gradients that finite differences give', async () => {
    const g: Geometry = {
      images: 2,
      height: 5,
      width: 4,
      inputs: 3,
      outHeight: 3,
      outWidth: 2,
      outputs: 2,
      kernel: [3, 3],
      stride: [2, 2],
      padding: [1, 1],
    }
    const [x, w] = inputsOf(g, 'forward', 3)
    const weights = seeded(3, 'weights', shapesOf('forward', g).output)
    const loss = ([a, b, c]: tf.Tensor[]) => tf.sum(tf.mul(plain(g, 'forward')([a, b])[0], c)) as tf.Scalar
    const gradients = await onGpu([x, w, weights], ([a, b, c]) =>
      tf.grads((p: tf.Tensor, q: tf.Tensor) => loss([p, q, c]))([a, b]),
    )
    for (const [which, at] of [
      [0, 0],
      [0, 61],
      [1, 5],
      [1, 50],
    ]) {
      const moved = (by: number) => {
        const inputs = [x, w].map((input) => ({ ...input, values: input.values.slice() }))
        inputs[which].values[at] += by
        return onGpu([...inputs, weights], (v) => [loss(v)])
      }
      const [[up], [down]] = [await moved(0.1), await moved(-0.1)]
      expect(gradients[which][at]).toBeCloseTo((up[0] - down[0]) / 0.2, 3)
    }
  })
})

/** Odd sizes: taps of four channels; two chunks in a tile; results added up in two rounds. */
const normalizedCases = [
  { g: geometryOf([5, 9, 7], [4, 20], 7, 2), name: 'vector-64x64x16-4x4' },
  { g: geometryOf([3, 5, 13], [32, 68], 1, 1), name: 'vector-128x64x16-8x8' },
  { g: geometryOf([3, 7, 10], [64, 36], 3, 1), name: 'vector-64x64x16-8x4' },
]

describe('convolutions before a batch norm', () => {
  const normalized =
    (g: Geometry) =>
    ([a, b, scale]: tf.Tensor[]) => {
      const [x] = plain(g, 'forward')([a, b]) as tf.Tensor4D[]
      return [batchNormTrain({ x, scale: scale as tf.Tensor1D, shift: scale as tf.Tensor1D })]
    }

  /** The result of a compiled step, and the number of its dispatches. */
  async function compiledIn(scheme: Scheme, g: Geometry, inputs: Values[], half?: StorageExponents) {
    const specs = inputs.map(({ shape }, i) => [`i${i}`, { shape, dtype: 'float32' } as const])
    const step = (tensors: Readonly<Record<string, tf.Tensor>>) => ({ y: normalized(g)(Object.values(tensors))[0] })
    const backend = await backendInUse()
    const compiled = withChoices(backend, forced(backend, scheme), () =>
      compile(step, { inputs: Object.fromEntries(specs), state: [], half }),
    )
    try {
      compiled.run(Object.fromEntries(inputs.map(({ values }, i) => [`i${i}`, values])))
      const [y] = await read(await testGpu(), [compiled.outputs.y])
      return { y, dispatches: compiled.report().dispatches }
    } finally {
      compiled.dispose()
    }
  }

  const different = (a: Float32Array, b: Float32Array) => a.filter((value, i) => !Object.is(value, b[i])).length

  it.each(normalizedCases)(
    'write its moments, and its result has the same bytes: $name',
    async ({ g, name }) => {
      const backend = await backendInUse()
      const inputs = [
        // Values far from zero, where a difference of squares would lose digits.
        ...inputsOf(g, 'forward', 5).map(({ shape, values }) => ({ shape, values: values.map((v) => v + 1) })),
        seeded(5, 'scale', [g.outputs]),
      ]
      const eager = async (scheme: Scheme) =>
        (await onGpu(inputs, (all) => withChoices(backend, forced(backend, scheme), () => normalized(g)(all))))[0]
      const usable = usableSchemes(backend).filter(({ kind }) => kind === 'vector')
      // Its tiles are no whole chunks, so that batch norm's own program computes the moments.
      const [small] = usable.filter((scheme) => schemeName(scheme) === 'vector-32x32x16-4x4')
      const expected = await eager(small)
      const inHalf = (await testGpu()).adapter.features.includes('shader-f16') ? { activation: 0, gradient: 10 } : null
      const expectedInHalf = inHalf && (await compiledIn(small, g, inputs, inHalf))
      if (expectedInHalf) expect(different(expectedInHalf.y, expected)).toBeGreaterThan(expected.length / 2)
      for (const scheme of usable.filter((one) => (exhaustive ? one !== small : schemeName(one) === name))) {
        const own = schemeName(scheme)
        const { y, dispatches } = await compiledIn(scheme, g, inputs)
        expect([different(y, expected), dispatches], own).toEqual([0, 3])
        if (exhaustive) expect(different(y, await eager(scheme)), own).toBe(0)
        if (!expectedInHalf) continue
        const fused = await compiledIn(scheme, g, inputs, inHalf)
        expect([different(fused.y, expectedInHalf.y), fused.dispatches], `${own} in f16`).toEqual([
          0,
          expectedInHalf.dispatches - 1,
        ])
      }
    },
    240_000,
  )
})

describe('matrix products', () => {
  it('equal tfjs’s on the CPU, transposed or not, with their gradients', async () => {
    const size = fc.integer({ min: 1, max: 50 })
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(), async (m, k, n, seed) => {
        const inputs = [seeded(seed, 'a', [m, k]), seeded(seed, 'b', [k, n]), seeded(seed, 'dy', [m, n])]
        const work = ([a, b, dy]: tf.Tensor[]) => {
          const product = (p: tf.Tensor, q: tf.Tensor) => tf.matMul(p, q)
          const transposed = tf.matMul(tf.transpose(a), tf.transpose(b), true, true)
          return [product(a, b), ...tf.grads(product)([a, b], dy), transposed]
        }
        const [ours, reference] = [await onGpu(inputs, work), await onCpu(inputs, work)]
        for (const [i, terms] of [k, n, m, k].entries()) {
          expect(relativeDifference(ours[i], reference[i])).toBeLessThan(tolerance(terms))
        }
      }),
      { numRuns: 15 },
    )
  }, 120_000)
})
