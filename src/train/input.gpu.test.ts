import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shrinkShorter } from '../data/decode/resize.ts'
import { evaluationTransform, type Transform, trainTransform } from '../data/feed/augment.ts'
import { createReader, viewLength } from '../data/feed/load.ts'
import type { Pixels, Split } from '../data/source.ts'
import { tensorsOf } from '../gpu/executor.ts'
import { viewFields } from '../gpu/kernels/images.ts'
import { read } from '../gpu/read.ts'
import { imagenetDeviation, imagenetMean, imageSpecs, imageValues, toInput } from '../model/input.ts'
import { stream } from '../random.ts'
import { testGpu } from '../testing/gpu.ts'
import { seenOf } from '../testing/view.ts'

const { signal } = new AbortController()

function imagesOf(sizes: readonly (readonly [number, number])[], seed: number): Pixels[] {
  const { integer } = stream(seed, 'images')
  return sizes.map(([width, height]) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (integer(64) + 3 * i) % 256),
  }))
}

/** What the network is given, as bytes again. */
async function given(images: readonly Pixels[], transform: Transform, seed: number): Promise<Uint8Array> {
  const gpu = await testGpu()
  const split: Split = { labels: new Int32Array(images.length), read: async (i) => images[i] }
  const indices = Int32Array.from(images.keys())
  const batch = await createReader()(split, indices, transform, (i) => stream(seed, i), signal)
  const { inputSize: size } = transform
  const tensors = tensorsOf(
    imageSpecs(images.length, { inputSize: size, keptSide: transform.side }),
    imageValues(batch, images.length, size),
  )
  // Without the fourth channel, of zeros, that a GPU has.
  const seen = tf.tidy(() => tf.slice(toInput(tensors, { first: 0, count: images.length, size }), 0, [-1, -1, -1, 3]))
  const [values] = await read(gpu, [seen])
  tf.dispose([seen, ...Object.values(tensors)])
  return Uint8Array.from(values, (v, i) => Math.round((v * imagenetDeviation[i % 3] + imagenetMean[i % 3]) * 255))
}

it('describes views as the kernel reads them', () => {
  expect(viewFields.length).toBe(viewLength)
})

it('gives the network the bytes of Pillow’s arithmetic, for images of any size', async () => {
  const side = fc.integer({ min: 1, max: 70 })
  const cases = fc.record({
    sizes: fc.array(fc.tuple(side, side), { minLength: 1, maxLength: 4 }),
    augmentation: fc.constantFrom('none' as const, 'crop-flip' as const, 'random-resized-crop' as const),
    training: fc.boolean(),
    keptSide: fc.constantFrom(null, 40),
    seed: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(cases, async ({ sizes, augmentation, training, keptSide, seed }) => {
      const images = imagesOf(sizes, seed)
      const transform = (training ? trainTransform : evaluationTransform)(augmentation, 24, keptSide)
      const bytes = await given(images, transform, seed)
      for (const [n, image] of images.entries()) {
        const stored = shrinkShorter(image, transform.side)
        const expected = seenOf(stored, transform.view(stored, stream(seed, n)), 24)
        expect(bytes.subarray(n * expected.length, (n + 1) * expected.length)).toEqual(expected)
      }
    }),
    {
      numRuns: 40,
      examples: [
        [
          {
            sizes: [
              [1, 1],
              [1, 1],
              [48, 33],
            ],
            augmentation: 'random-resized-crop',
            training: true,
            keptSide: null,
            seed: 357110949,
          },
        ],
      ],
    },
  )
})
