import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../random.ts'
import { canonicalOrder, probeSample } from './canonical-order.ts'

interface Image {
  readonly hash: string
  readonly label: number
}

const image: fc.Arbitrary<Image> = fc.record({
  // Takes hashes from a small set, so that some files are equal.
  hash: fc.integer({ min: 0, max: 15 }).map((value) => value.toString(16)),
  label: fc.integer({ min: 0, max: 2 }),
})

const heldOut = (images: readonly Image[]) => ({
  labels: Int32Array.from(images, ({ label }) => label),
  file: (i: number) => ({ path: `${i}.png`, hash: images[i].hash }),
})

const inOrder = (images: readonly Image[], order: Int32Array) => Array.from(order, (i) => images[i])

describe('the canonical order', () => {
  it('gives the same images and the same probe set whatever the order of the files', () => {
    const cases = fc.tuple(fc.array(image, { maxLength: 30 }), fc.integer(), fc.integer())
    fc.assert(
      fc.property(cases, ([images, seed, shuffle]) => {
        const other = stream(shuffle).shuffle([...images])
        const [a, b] = [images, other].map((all) => {
          const { labels, file } = heldOut(all)
          const order = canonicalOrder({ labels, file }, seed)
          return { all: inOrder(all, order), probe: inOrder(all, probeSample(order, labels, 2)) }
        })
        expect(b).toEqual(a)
        expect(a.all).toHaveLength(images.length)
      }),
    )
  })

  it('depends on the seed, and mixes the classes', () => {
    const images = Array.from({ length: 40 }, (_, i) => ({
      hash: String(i).padStart(2, '0'),
      label: Math.floor(i / 20),
    }))
    const orders = [1, 1, 2].map((seed) => canonicalOrder(heldOut(images), seed))
    expect(orders[1]).toEqual(orders[0])
    expect(orders[2]).not.toEqual(orders[0])
    const pairs = Array.from({ length: 20 }, (_, i) => [orders[0][2 * i], orders[0][2 * i + 1]])
    expect(pairs.filter(([a, b]) => images[a].label !== images[b].label).length).toBeGreaterThan(4)
  })

  it('permutes the fixed order of a dataset without files', () => {
    const labels = Int32Array.of(0, 1, 0, 1, 2)
    const order = canonicalOrder({ labels }, 3)
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4])
    expect(canonicalOrder({ labels }, 3)).toEqual(order)
  })

  it('refuses files that have not been read', () => {
    const file = () => ({ path: 'val/a.png', hash: null })
    expect(() => canonicalOrder({ labels: Int32Array.of(0), file }, 1)).toThrow('val/a.png is unknown')
  })
})

describe('the probe set', () => {
  it('has as many images of each class as requested, or all', () => {
    const labels = Int32Array.of(0, 0, 0, 1, 1, 2)
    const order = canonicalOrder({ labels }, 7)
    const probe = probeSample(order, labels, 2)
    expect([...probe].map((i) => labels[i]).sort()).toEqual([0, 0, 1, 1, 2])
    expect([...probe]).toEqual([...order].filter((i) => probe.includes(i)))
  })
})
