import { expect, it } from 'vitest'
import type { Executor, Graph, Values } from '../gpu/executor.ts'
import { architectureOf, sitesOf } from '../model/resnet.ts'
import { evaluate, type LabeledImages, type Network, probe } from './evaluate.ts'

const net = architectureOf({ blocks: [1, 1, 1, 1], width: 2, stem: 'cifar', block: 'basic', classes: 3 })

const size = 4

/** Batches of two images; the labels of each batch are two different classes. */
async function* batches(count: number): AsyncGenerator<LabeledImages> {
  for (let i = 0; i < count; i++) {
    yield { images: new Uint8Array(2 * size * size * 3), labels: Int32Array.of(i % 3, (i + 1) % 3) }
  }
}

/** An executor that returns each result when the test releases it, in any order. */
function createHeldExecutor(resultOf: (call: number) => Record<string, Float32Array>) {
  const releases: (() => void)[] = []
  const run = (_graph: Graph, _values: Values) =>
    new Promise<Record<string, Float32Array>>((resolve) => {
      const call = releases.length
      releases.push(() => resolve(resultOf(call)))
    })
  const executor: Executor = {
    prepare: async () => {},
    run,
    allocate: async (create) => create(),
    forget: () => {},
    reports: () => [],
    bytes: () => 0,
    dispose: () => {},
  }
  return { executor, releases }
}

const networkOf = (executor: Executor): Network => ({
  executor,
  net,
  weights: new Map(),
  inputSize: size,
  keptSide: size,
})

const settled = () => new Promise((resolve) => setTimeout(resolve))

const loss = (call: number) => ({
  crossEntropy: Float32Array.of(call + 0.1),
  top1: Float32Array.of(call % 2),
  top5: Float32Array.of(1),
})

it('submits further batches of an evaluation before the first result arrives, and sums in order', async () => {
  const { executor, releases } = createHeldExecutor(loss)
  const evaluation = evaluate(networkOf(executor), batches(4))
  await settled()
  expect(releases).toHaveLength(3)
  // Later results arrive first.
  for (const release of [...releases].reverse()) release()
  await settled()
  expect(releases).toHaveLength(4)
  releases[3]()
  const expected = [0, 1, 2, 3].reduce((sum, call) => sum + Math.fround(call + 0.1), 0) / 8
  expect(await evaluation).toMatchObject({ images: 8, top1: 2 / 8, top5: 4 / 8, loss: Number(expected.toPrecision(8)) })
})

it('submits further batches of a probe before the first result arrives, and pairs results with their labels', async () => {
  const unitsOf = sitesOf(net)
  const activationsOf = (call: number) => ({
    logits: new Float32Array(6),
    ...Object.fromEntries(
      unitsOf.map(({ name, units }) => [
        name,
        Float32Array.from({ length: 2 * units }, (_, i) => (i < units ? call : 0)),
      ]),
    ),
  })
  const shuffles = [Int32Array.of(0, 1, 1, 2, 2, 0, 0, 1)]
  const { executor, releases } = createHeldExecutor(activationsOf)
  const found = probe(networkOf(executor), batches(4), shuffles)
  await settled()
  expect(releases).toHaveLength(3)
  for (const release of [...releases].reverse()) release()
  await settled()
  releases[3]()
  const { images, sites } = await found
  expect(images).toBe(8)
  // Means by class. Class 0 has the first images of batches 0 and 3 and the second of batch 2: mean 1. Class 1: (1 + 0
  // + 0) / 3. Class 2: (2 + 0) / 2.
  const [top, rest] = [1, (1 / 3 + 1) / 2]
  expect(sites[0].preferredClass[0]).toBe(0)
  expect(sites[0].selectivity[0]).toBeCloseTo((top - rest) / (top + rest + 1e-6), 6)
})
