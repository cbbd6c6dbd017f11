import fc from 'fast-check'
import { expect, it } from 'vitest'
import { viewFields } from '../gpu/kernels/images.ts'
import type { LabeledImages } from './evaluate.ts'
import { evenBatches } from './even-batches.ts'

const width = viewFields.length

/** A batch with views, of images with these lengths in bytes. The bytes are `from`, `from` + 1, …. */
function batchOf(lengths: readonly number[], from: number): LabeledImages {
  const bytes = lengths.flatMap((length, i) => new Array<number>(length).fill(from + i))
  const views = lengths.flatMap((_, i) => {
    const offset = lengths.slice(0, i).reduce((a, b) => a + b, 0)
    return [offset, ...new Array<number>(width - 1).fill(from + i)]
  })
  const labels = lengths.map((__, i) => from + i)
  return { images: Uint8Array.from(bytes), views: Int32Array.from(views), labels: Int32Array.from(labels) }
}

it('yields the same images with their views, in the same order', async () => {
  const sizes = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      async function* batches() {
        let from = 0
        for (const own of lengths) {
          yield batchOf(own, from)
          from += own.length
        }
      }
      const all = lengths.flat()
      const found: LabeledImages[] = []
      for await (const batch of evenBatches(batches(), 2)) found.push(batch)
      expect(found.flatMap(({ labels }) => [...labels])).toEqual([...all.keys()])
      const odd = found.filter(({ labels }) => labels.length % 2 === 1)
      expect(odd.length).toBe(all.length % 2)
      for (const { images, views, labels } of found) {
        for (const [i, label] of labels.entries()) {
          const [offset, ...rest] = (views as Int32Array).subarray(i * width, (i + 1) * width)
          expect([...images.subarray(offset, offset + all[label])]).toEqual(new Array(all[label]).fill(label))
          expect(rest).toEqual(new Array(width - 1).fill(label))
        }
      }
    }),
  )
})

it('accepts images of the network’s input size without views', async () => {
  async function* batches() {
    for (const label of [0, 1, 2]) yield { images: new Uint8Array(12).fill(label), labels: Int32Array.of(label) }
  }
  const found: LabeledImages[] = []
  for await (const batch of evenBatches(batches(), 2)) found.push(batch)
  expect(found.map(({ labels }) => [...labels])).toEqual([[0, 1], [2]])
  expect([...found[0].images]).toEqual([...new Array(12).fill(0), ...new Array(12).fill(1)])
})
