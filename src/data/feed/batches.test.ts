import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { type BatchPlan, balancedShape, epochBatches } from './batches.ts'

const labelsOf = (counts: number[]) =>
  Int32Array.from(counts.flatMap((count, label) => new Array<number>(count).fill(label)))
const plan = (changes: Partial<BatchPlan>): BatchPlan => ({
  labels: labelsOf([5, 5]),
  batchSize: 4,
  shuffle: true,
  balanced: false,
  balancedClasses: null,
  ...changes,
})
const draw = (changes: Partial<BatchPlan>, seed = 1) => epochBatches(plan(changes), stream(seed))

describe('plain batches', () => {
  it('contain every image once, in batches of the requested size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 80 }),
        fc.integer({ min: 2, max: 30 }),
        fc.integer(),
        (images, batchSize, seed) => {
          const batches = draw({ labels: new Int32Array(images), batchSize }, seed >>> 0)
          const all = batches.flatMap((batch) => [...batch])
          const dropped = images % batchSize === 1 ? 1 : 0
          expect(new Set(all).size).toBe(all.length)
          expect(all.length).toBe(images - dropped)
          expect(batches.slice(0, -1).every(({ length }) => length === batchSize)).toBe(true)
          expect(batches.every(({ length }) => length > 1)).toBe(true)
        },
      ),
    )
  })

  it('have the dataset’s order, or a shuffled order that depends on the seed', () => {
    expect(draw({ shuffle: false }).map((b) => [...b])).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ])
    expect(draw({}, 1)).toEqual(draw({}, 1))
    expect(draw({}, 1)).not.toEqual(draw({}, 2))
  })
})

describe('balanced batches', () => {
  it('contain equally many images of each of their classes', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 8 })
    const k = fc.option(fc.integer({ min: 2, max: 4 }), { nil: null })
    fc.assert(
      fc.property(counts, fc.integer({ min: 8, max: 40 }), k, (perClass, batchSize, balancedClasses) => {
        const labels = labelsOf(perClass)
        const shape = balancedShape(perClass.length, batchSize, balancedClasses)
        for (const batch of draw({ labels, batchSize, balanced: true, balancedClasses })) {
          const found = new Map<number, number>()
          for (const index of batch) found.set(labels[index], (found.get(labels[index]) ?? 0) + 1)
          expect([...found.values()]).toEqual(new Array(shape.k).fill(shape.n))
          expect(shape.n).toBeGreaterThanOrEqual(2)
          expect(batch.length).toBeLessThanOrEqual(batchSize)
        }
      }),
    )
  })

  it('use all images of a class before repeating one, and all classes in turn', () => {
    const labels = labelsOf([6, 6, 6, 6])
    const batches = draw({ labels, batchSize: 6, balanced: true, balancedClasses: 2 })
    expect(batches).toHaveLength(4)
    const all = batches.flatMap((batch) => [...batch])
    expect(new Set(all).size).toBe(24)
    expect(new Set([...batches[0], ...batches[1]].map((i) => labels[i])).size).toBe(4)
  })
})
