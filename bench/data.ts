/** Benchmarks of decoding, caching and loading images, of the time that training steps wait for them, and of memory. */
import { parseConfig, type RunConfig } from '../src/config/config.ts'
import { imagenetSide } from '../src/config/side.ts'
import { openCache } from '../src/data/cache/cache.ts'
import type { CacheFolders } from '../src/data/cache/files.ts'
import { eachConcurrently } from '../src/data/concurrently.ts'
import { createScratch } from '../src/data/decode/scratch.ts'
import type { Entry } from '../src/data/entry.ts'
import { trainTransform } from '../src/data/feed/augment.ts'
import { createReader } from '../src/data/feed/load.ts'
import { checkImage } from '../src/data/set/check-image.ts'
import { openChecks } from '../src/data/set/checks.ts'
import type { Decode, ImageSet, Pixels, Split } from '../src/data/source.ts'
import { createExecutor } from '../src/gpu/executor.ts'
import type { Gpu } from '../src/gpu/read.ts'
import { stream } from '../src/random.ts'
import { sha256 } from '../src/sha256.ts'
import { createRunReader } from '../src/train/reader.ts'
import { stepGraph, stepShape, stepValues } from '../src/train/step.ts'
import { benchCase } from './case.ts'
import { traineeOf } from './peers/tfjs.ts'

export interface DataOptions {
  /** Number of images of each size. */
  readonly images: number
  /** Number of images of the memory benchmark; 0 skips it. */
  readonly many: number
}

/** The encoded images of one size. */
export interface EncodedImages {
  readonly name: string
  readonly files: readonly Uint8Array[]
}

export interface Usage {
  /** Resident bytes, and seconds of processor time. Null if the host does not report them. */
  readonly memory: number | null
  readonly cpu: number | null
}

/** The host in which the benchmark runs. */
export interface DataHost {
  readonly decode: Decode
  /** Number of cores that decode. */
  readonly cores: number
  readonly folders: CacheFolders
  readonly gpu: Gpu
  /** Resources that the host's processes have used so far. */
  readonly usage: () => Promise<Usage>
  readonly say: (line: string) => void
}

export interface MemoryResult {
  readonly images: number
  /** Resident bytes after a fifth of the images. */
  readonly early: number | null
  /** Resident bytes after all images. */
  readonly late: number | null
  /** Images per second that are read, hashed, decoded, resized and cached. */
  readonly rate: number
}

export interface DataResult {
  readonly cores: number
  /** Images per second of a core's time, by the size of the files. */
  readonly decode: Readonly<Record<string, number>>
  /** The same, resized to the side that a run at 64 or 224 pixels caches. */
  readonly resize: Readonly<Record<string, number>>
  /** Images per second in batches of 32 from the cache, by input size. */
  readonly feed: Readonly<Record<string, number>>
  /** Fraction of the time of training steps (with the small preset's network) that they wait for their batch. */
  readonly waiting: number
  readonly memory: MemoryResult | null
}

const { signal } = new AbortController()
const seconds = async (work: () => Promise<unknown>) => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/**
 * Images per second of processor time on all threads, with two images per core in flight and after a warm-up pass. Without a
 * report of processor time it uses the wall time of all cores.
 */
async function decodeRate({ files }: EncodedImages, side: number, { decode, cores, usage }: DataHost): Promise<number> {
  const all = () => eachConcurrently(files.length, 2 * cores, async (i) => (await decode(files[i], side)).release?.())
  await all()
  const before = await usage()
  const wall = await seconds(all)
  const after = await usage()
  const spent = before.cpu === null || after.cpu === null ? wall * cores : after.cpu - before.cpu
  return files.length / spent
}

/** A split whose images are cached for a run at `size` pixels. */
async function cachedSplit({ name, files }: EncodedImages, size: number, { decode, folders }: DataHost) {
  const side = imagenetSide(size)
  const cache = await openCache(folders, { source: `benchmark ${name}`, side })
  const hashes = await Promise.all(files.map(sha256))
  await eachConcurrently(files.length, 8, async (i) => {
    const { image } = await decode(files[i], side)
    await cache.put(hashes[i], image as Pixels)
  })
  await cache.flush()
  const split: Split = {
    labels: Int32Array.from(files, (_, i) => i % 10),
    read: () => Promise.reject(new Error('the image is not cached')),
    stored: (i) => cache.image(hashes[i]),
  }
  return { split, close: () => cache.close() }
}

/** Loads batches of 32 in a seeded order with random crops, for at least two seconds. */
async function feedRate(images: EncodedImages, size: number, host: DataHost): Promise<number> {
  const { split, close } = await cachedSplit(images, size, host)
  const read = createReader()
  const memory = createScratch()
  const transform = trainTransform('random-resized-crop', size)
  const order = stream(1, 'order').shuffle(Int32Array.from(images.files.keys()))
  const pass = async (n: number) => {
    for (let at = 0; at < order.length; at += 32)
      await read(split, order.subarray(at, at + 32), transform, (i) => stream(2, n, at + i), signal, memory)
  }
  await pass(0)
  let [passes, spent] = [0, 0]
  for (; spent < 2; passes++) spent += await seconds(() => pass(passes + 1))
  close()
  return (passes * order.length) / spent
}

const trainingConfig = (): RunConfig =>
  parseConfig({
    data: { inputSize: 64, augmentation: 'random-resized-crop' },
    model: { blocks: [1, 1, 1, 1], width: 8 },
    train: { batchSize: 32, microBatchSize: 32 },
  })

/** Trains like a run, which reads the next batches while the GPU works. */
async function waitingShare(images: EncodedImages, host: DataHost): Promise<number> {
  const { split, close } = await cachedSplit(images, 64, host)
  const classes = Array.from({ length: 10 }, (_, i) => ({ id: String(i), name: String(i) }))
  const set = { classes, train: split, validation: split } as unknown as ImageSet
  const reader = createRunReader(set, trainingConfig(), signal)
  const c = benchCase({ blocks: [1, 1, 1, 1], width: 8, inputSize: 64, batch: 32, stem: 'imagenet' })
  const trainee = traineeOf(c)
  const executor = createExecutor({ gpu: host.gpu })
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
  close()
  return waited / total
}

/** Makes files differ by bytes after the JPEG's end, which decoders ignore. */
const numbered = (files: readonly Uint8Array[], i: number): Uint8Array => {
  const file = files[i % files.length]
  const copy = new Uint8Array(file.length + 4)
  copy.set(file)
  new DataView(copy.buffer).setUint32(file.length, i)
  return copy
}

/** Checks and caches as many images as a large dataset has. */
async function watchedMemory({ files }: EncodedImages, count: number, host: DataHost): Promise<MemoryResult> {
  const cache = await openCache(host.folders, { source: 'benchmark of memory', side: 64 })
  const entry = (i: number): Entry => ({ path: `${i}.jpg`, size: 0, read: async () => numbered(files, i) })
  const known = await openChecks(undefined, '', [])
  const upTo = async (from: number, to: number) => {
    await eachConcurrently(
      to - from,
      16,
      async (i) => void (await checkImage(entry(from + i), host.decode, cache, known)),
    )
    return (await host.usage()).memory
  }
  let [early, late]: (number | null)[] = [null, null]
  const spent = await seconds(async () => {
    early = await upTo(0, Math.floor(count / 5))
    late = await upTo(Math.floor(count / 5), count)
  })
  await cache.flush()
  cache.close()
  return { images: count, early, late, rate: count / spent }
}

async function removeCaches({ folders }: DataHost): Promise<void> {
  for (const id of await folders.ids()) if (id.startsWith('benchmark-')) await folders.remove(id)
}

/** Takes small images (64 pixels), then large ones. */
export async function benchData(
  [small, large]: readonly EncodedImages[],
  { many }: Pick<DataOptions, 'many'>,
  host: DataHost,
): Promise<DataResult> {
  const { say, cores } = host
  const decode: Record<string, number> = {}
  const resize: Record<string, number> = {}
  for (const [set, size] of [
    [small, 64],
    [large, 224],
  ] as const) {
    say(`decoding ${set.name} …`)
    decode[set.name] = await decodeRate(set, Number.POSITIVE_INFINITY, host)
    resize[set.name] = await decodeRate(set, imagenetSide(size), host)
  }
  try {
    say('feeding …')
    const feed = { 64: await feedRate(small, 64, host), 224: await feedRate(large, 224, host) }
    say('training …')
    const waiting = await waitingShare(small, host)
    if (many > 0) say(`caching ${many} images …`)
    const memory = many > 0 ? await watchedMemory(small, many, host) : null
    return { cores, decode, resize, feed, waiting, memory }
  } finally {
    await removeCaches(host)
  }
}
