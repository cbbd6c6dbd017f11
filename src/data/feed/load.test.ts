import { describe, expect, it } from 'vitest'
import { stream } from '../../random.ts'
import { syntheticSet } from '../../testing/synthetic.ts'
import { cropBox } from '../decode/resize.ts'
import type { Split, StoredImage } from '../source.ts'
import { evaluationTransform, trainTransform } from './augment.ts'
import { createReader, viewLength } from './load.ts'
import { prefetch } from './prefetch.ts'

const { train } = syntheticSet({ classes: 2, train: 6, validation: 1, size: 12 })
const { signal } = new AbortController()
const counted = (): Split & { reads: number } => {
  const split = {
    ...train,
    reads: 0,
    read: (index: number) => {
      split.reads++
      return train.read(index, signal)
    },
  }
  return split
}
const indices = Int32Array.of(3, 0, 7)
const randomOf = (position: number) => stream(1, position)

describe('batches from a split', () => {
  it('contain the requested images in order, with their labels', async () => {
    const read = createReader()
    const { images, views, labels } = await read(train, indices, evaluationTransform('none', 12), randomOf, signal)
    expect([...labels]).toEqual([1, 0, 1])
    for (const [i, index] of indices.entries()) {
      expect(images.subarray(i * 432, (i + 1) * 432)).toEqual((await train.read(index)).data)
      expect([...views.subarray(i * viewLength, i * viewLength + 3)]).toEqual([432 * i, 12, 12])
    }
  })

  it('decode an image once while it fits into memory', async () => {
    const split = counted()
    const transform = trainTransform('crop-flip', 8)
    const roomy = createReader()
    const first = await roomy(split, indices, transform, randomOf, signal)
    expect(await roomy(split, indices, transform, randomOf, signal)).toEqual(first)
    expect(split.reads).toBe(3)
    const tight = createReader(200)
    await tight(split, indices, transform, randomOf, signal)
    await tight(split, indices, transform, randomOf, signal)
    expect(split.reads).toBe(3 + 3 + 2)
  })

  it('hold decoded images in memory, except those that the dataset holds anyway', async () => {
    const split = counted()
    const read = createReader()
    for (let i = 0; i < 2; i++) await read(split, indices, trainTransform('none', 12), randomOf, signal)
    expect(split.reads).toBe(3)
    const inMemory = Object.assign(counted(), { inMemory: true })
    for (let i = 0; i < 2; i++) await read(inMemory, indices, trainTransform('none', 12), randomOf, signal)
    expect(inMemory.reads).toBe(6)
  })

  it('read only the visible rows of stored images', async () => {
    const pixels = await train.read(0)
    const rows: [number, number][] = []
    const image: StoredImage = {
      width: 12,
      height: 12,
      readRows: (top, count, out) => {
        rows.push([top, count])
        out.set(pixels.data.subarray(36 * top, 36 * (top + count)))
      },
    }
    const split = { ...counted(), stored: () => image }
    const transform = trainTransform('random-resized-crop', 8)
    const { images, views } = await createReader()(split, Int32Array.of(0), transform, randomOf, signal)
    const { x, y } = transform.view(image, randomOf(0))
    expect(rows).toEqual([[y.from, y.length]])
    expect([...views.subarray(1, 3)]).toEqual([x.length, y.length])
    const box = { left: x.from, top: y.from, width: x.length, height: y.length }
    expect(images.subarray(0, 3 * x.length * y.length)).toEqual(cropBox(pixels, box).data)
    expect(split.reads).toBe(0)
  })

  it('reject when aborted', async () => {
    const controller = new AbortController()
    controller.abort()
    await expect(
      createReader()(train, indices, evaluationTransform('none', 12), randomOf, controller.signal),
    ).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('prefetching', () => {
  it('yields in order and starts at most two jobs ahead', async () => {
    let started = 0
    const jobs = Array.from({ length: 6 }, (_, i) => async () => {
      started++
      return i
    })
    const seen: [number, number][] = []
    for await (const value of prefetch(jobs, signal)) seen.push([value, started])
    expect(seen.map(([value]) => value)).toEqual([0, 1, 2, 3, 4, 5])
    expect(seen.every(([value, ahead]) => ahead <= value + 3)).toBe(true)
  })

  it('rejects with a failed job, after the results before it', async () => {
    const jobs = [async () => 1, async () => Promise.reject(new Error('broken')), async () => 3]
    const seen: number[] = []
    const all = async () => {
      for await (const value of prefetch(jobs, signal)) seen.push(value)
    }
    await expect(all()).rejects.toThrow('broken')
    expect(seen).toEqual([1])
  })
})
