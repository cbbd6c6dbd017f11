import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { trainTransform } from '../data/feed/augment.ts'
import { createReader, viewLength } from '../data/feed/load.ts'
import { prepareImages } from '../data/feed/prepare.ts'
import { openSource } from '../data/node/open.ts'
import type { LabeledImages } from '../measure/evaluate.ts'
import { stream } from '../random.ts'
import { writeLayouts } from '../testing/layouts.ts'
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

/** The view of each image in an epoch, in the epoch's order, without the image's offset in the batch. */
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
  it('depend on run, epoch and image, not on the batches', async () => {
    const [small, large, next] = [await viewsOf(4, 3), await viewsOf(12, 3), await viewsOf(4, 4)]
    expect(small.length).toBe(24)
    expect(large).toEqual(small)
    expect(next).not.toEqual(small)
    expect(new Set(small.map(String)).size).toBeGreaterThan(20)
  })

  it('differ if an image occurs twice in an epoch', async () => {
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
    // Classes 0 and 1 have one image each, which occur repeatedly.
    expect(total).toBeGreaterThan(12)
    expect(byImage.get('0')?.size).toBeGreaterThan(1)
  })
})

it('a batch’s bytes stay valid until the next batch is requested', async () => {
  const reader = createRunReader(set, configOf(5), signal)
  let at = 0
  for await (const batch of reader.epoch(1)) {
    // The reader reads further batches meanwhile.
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
    // The bytes that fill up the last word are unspecified.
    const used = last[0] + 3 * last[1] * last[2]
    expect(batch.images.subarray(0, used)).toEqual(fresh.images.subarray(0, used))
    expect(batch.views).toEqual(fresh.views)
    at += batch.labels.length
  }
  expect(at).toBe(24)
})

describe('validation images', () => {
  const home = mkdtempSync(join(tmpdir(), 'lab-layouts-'))
  afterAll(() => rmSync(home, { recursive: true }))

  /** All batches of a stream, joined: pixels, views without their offsets, and labels. */
  async function joined(batches: AsyncIterable<LabeledImages>) {
    const all: { pixels: Uint8Array; view: Int32Array; label: number }[] = []
    for await (const { images, views = new Int32Array(), labels } of batches) {
      for (const [i, label] of labels.entries()) {
        const [offset, ...view] = views.subarray(i * viewLength, (i + 1) * viewLength)
        const pixels = images.slice(offset, offset + 3 * view[0] * view[1])
        all.push({ pixels, view: Int32Array.from(view), label })
      }
    }
    return all
  }

  async function heldOutOf(source: string, batchSize: number) {
    const config = parseConfig({
      seed: 5,
      data: { source, inputSize: 16, augmentation: 'none' },
      train: { batchSize, microBatchSize: batchSize },
      probe: { imagesPerClass: 3 },
    })
    const split = { validationFraction: 0.2, seed: 5 }
    await using opened = await openSource(source, signal)
    const set = await opened.read(split, () => {}, signal, { check: 'known' })
    const preparing = { side: sideOf(config.data), folders: null, onProgress: () => {}, signal, heldOutOnly: true }
    using prepared = await prepareImages(set, preparing)
    const reader = createRunReader(prepared.set, config, signal)
    const [validation, probe] = [await joined(reader.validation()), await joined(reader.probe())]
    const inDataOrder = await joined(reader.validationInDataOrder())
    return { inDataOrder, same: { validation, probe, shuffles: reader.probeShuffles } }
  }

  it('are read in the same order from class folders and from a flat archive, in batches of any size', async () => {
    const [folders, archives] = await writeLayouts(home, { train: 2, validation: 5, size: 16 })
    const [a, b] = [await heldOutOf(folders, 4), await heldOutOf(archives, 7)]
    expect(b.same).toEqual(a.same)
    expect(a.same.validation).toHaveLength(15)
    expect(a.same.probe).toHaveLength(9)
    const labels = ({ inDataOrder }: typeof a) => inDataOrder.map(({ label }) => label)
    expect(labels(a)).toEqual([...labels(a)].sort())
    expect(labels(b)).not.toEqual(labels(a))
  })
})
