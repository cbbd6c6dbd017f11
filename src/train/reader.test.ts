import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { trainTransform } from '../data/feed/augment.ts'
import { createReader, viewLength } from '../data/feed/load.ts'
import { stream } from '../random.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { createRunReader } from './reader.ts'

const { signal } = new AbortController()
const set = syntheticSet({ classes: 3, train: 8, validation: 2, size: 20 })

const configOf = (batchSize: number, more = {}) =>
  parseConfig({
    seed: 5,
    data: { inputSize: 16, augmentation: 'random-resized-crop', shuffle: false, ...more },
    train: { batchSize, microBatchSize: batchSize },
  })

/** What is seen of each image in an epoch, in its order: its view without the place in the batch. */
async function viewsOf(batchSize: number, epoch: number, more = {}): Promise<number[][]> {
  const seen: number[][] = []
  for await (const { labels, views = new Int32Array(0) } of createRunReader(
    set,
    configOf(batchSize, more),
    signal,
  ).epoch(epoch)) {
    for (const i of labels.keys()) seen.push([...views.subarray(i * viewLength + 1, (i + 1) * viewLength)])
  }
  return seen
}

describe('random crops', () => {
  it('belong to run, epoch and image, whatever the batches', async () => {
    const [small, large, next] = [await viewsOf(4, 3), await viewsOf(12, 3), await viewsOf(4, 4)]
    expect(small.length).toBe(24)
    expect(large).toEqual(small)
    expect(next).not.toEqual(small)
    expect(new Set(small.map(String)).size).toBeGreaterThan(20)
  })

  it('differ where an image is taken twice in an epoch', async () => {
    const balanced = { balancedBatches: true, balancedClasses: 2 }
    const uneven = { ...set, train: { ...set.train, labels: set.train.labels.map((label, i) => (i < 3 ? label : 2)) } }
    const reader = createRunReader(uneven, configOf(6, balanced), signal)
    const byImage = new Map<string, Set<string>>()
    let total = 0
    for await (const { images, labels, views = new Int32Array(0) } of reader.epoch(0)) {
      for (const i of labels.keys()) {
        const view = views.subarray(i * viewLength, (i + 1) * viewLength)
        const label = String(labels[i])
        byImage.set(label, (byImage.get(label) ?? new Set()).add(String(view.subarray(1))))
        total++
        expect(images.length).toBeGreaterThan(view[0])
      }
    }
    // Classes 0 and 1 have one image each, which are taken again and again.
    expect(total).toBeGreaterThan(12)
    expect(byImage.get('0')?.size).toBeGreaterThan(1)
  })
})

it('a batch’s bytes hold until the next one is asked for', async () => {
  const reader = createRunReader(set, configOf(5), signal)
  let at = 0
  for await (const batch of reader.epoch(1)) {
    // Others are read ahead meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 5))
    const indices = Int32Array.from(batch.labels, (_, i) => at + i)
    const fresh = await createReader()(
      set.train,
      indices,
      trainTransform('random-resized-crop', 16),
      (i) => stream(5, 'augment', 1, indices[i], 0),
      signal,
    )
    const last = fresh.views.subarray(-viewLength)
    // What fills up the last word is anything.
    const used = last[0] + 3 * last[1] * last[2]
    expect(batch.images.subarray(0, used)).toEqual(fresh.images.subarray(0, used))
    expect(batch.views).toEqual(fresh.views)
    at += batch.labels.length
  }
  expect(at).toBe(24)
})
