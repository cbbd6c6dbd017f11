/** How fast images are decoded and fed, and how long a training step waits for them. */
import type { RunConfig } from '../src/config/config.ts'
import { parseConfig } from '../src/config/config.ts'
import { trainTransform } from '../src/data/augment.ts'
import { createReader } from '../src/data/load.ts'
import type { Decode, ImageSet, Pixels, Split } from '../src/data/source.ts'
import { createExecutor } from '../src/gpu/executor.ts'
import type { Gpu } from '../src/gpu/read.ts'
import { stream } from '../src/random.ts'
import { createRunReader } from '../src/train/reader.ts'
import { stepGraph, stepShape, stepValues } from '../src/train/step.ts'
import { benchCase } from './case.ts'
import { traineeOf } from './peers/tfjs.ts'

export interface DataOptions {
  /** Images of each size. */
  readonly images: number
}

/** Encoded images of one size. */
export interface EncodedImages {
  readonly name: string
  readonly files: readonly Uint8Array[]
}

export interface DataResult {
  /** Images a second, one after another, by the size of the files. */
  readonly decode: Readonly<Record<string, number>>
  /** Images a second in batches of 32 once they are decoded and prepared, by input size. */
  readonly feed: Readonly<Record<string, number>>
  /** Share of the time of training steps (the small preset's network) that is spent waiting for their batch, from the second epoch on. */
  readonly waiting: number
}

const { signal } = new AbortController()
const seconds = async (work: () => Promise<unknown>) => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const splitOf = ({ files }: EncodedImages, decode: Decode): Split => ({
  labels: Int32Array.from(files, (_, i) => i % 10),
  read: async (index, _, side = Number.POSITIVE_INFINITY) => (await decode(files[index], side)).image as Pixels,
})

async function decodeRate({ files }: EncodedImages, decode: Decode): Promise<number> {
  const all = async () => {
    for (const file of files) await decode(file, Number.POSITIVE_INFINITY)
  }
  await all()
  return files.length / (await seconds(all))
}

/** Batches of 32 in a seeded order, over and over for a second at least. */
async function feedRate(images: EncodedImages, size: number, decode: Decode): Promise<number> {
  const split = splitOf(images, decode)
  const read = createReader()
  const transform = trainTransform('crop-flip', size)
  const order = stream(1, 'order').shuffle(Int32Array.from(images.files.keys()))
  const pass = async () => {
    for (let at = 0; at < order.length; at += 32)
      await read(split, order.subarray(at, at + 32), transform, (i) => stream(2, at + i), signal)
  }
  await pass()
  let [passes, spent] = [0, 0]
  for (; spent < 1; passes++) spent += await seconds(pass)
  return (passes * order.length) / spent
}

const trainingConfig = (): RunConfig =>
  parseConfig({
    data: { inputSize: 64, augmentation: 'crop-flip' },
    model: { blocks: [1, 1, 1, 1], width: 8 },
    train: { batchSize: 32, microBatchSize: 32 },
  })

/** Steps as a run takes them: the next batch is read ahead while the GPU works. */
async function waitingShare(gpu: Gpu, images: EncodedImages, decode: Decode): Promise<number> {
  const split = splitOf(images, decode)
  const classes = Array.from({ length: 10 }, (_, i) => ({ id: String(i), name: String(i) }))
  const set = { classes, train: split, validation: split } as unknown as ImageSet
  const reader = createRunReader(set, trainingConfig(), signal)
  const c = benchCase({ blocks: [1, 1, 1, 1], width: 8, inputSize: 64, batch: 32, stem: 'imagenet' })
  const trainee = traineeOf(c)
  const executor = createExecutor({ gpu })
  const penalty = { statistic: 'mean', modules: [] } as const
  const options = { alpha: 0, penalty, learningRate: 0.01, microBatchSize: 32 }
  let [waited, total] = [0, 0]
  for (const epoch of [0, 1, 2]) {
    let began = performance.now()
    for await (const images of reader.epoch(epoch)) {
      const ready = performance.now()
      const batch = { ...images, penaltyLabels: images.labels }
      const graph = stepGraph(trainee, stepShape(batch, options))
      await executor.run(graph, stepValues(trainee, batch, options))
      const done = performance.now()
      if (epoch > 0) {
        waited += ready - began
        total += done - began
      }
      began = done
    }
  }
  executor.dispose()
  return waited / total
}

/** `sets`: small images first (64 pixels), then large ones. */
export async function benchData(
  sets: readonly EncodedImages[],
  decode: Decode,
  gpu: Gpu,
  say: (line: string) => void,
): Promise<DataResult> {
  const rates: Record<string, number> = {}
  for (const set of sets) {
    say(`decoding ${set.name} …`)
    rates[set.name] = await decodeRate(set, decode)
  }
  const [small, large] = sets
  say('feeding …')
  const feed = { 64: await feedRate(small, 64, decode), 224: await feedRate(large, 224, decode) }
  say('training …')
  return { decode: rates, feed, waiting: await waitingShare(gpu, small, decode) }
}
