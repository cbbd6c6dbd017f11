/** Runs on a device with WebGPU's default limits and no optional features, and runs that exceed a device's limits. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunConfigInput } from '../config/config.ts'
import { openGpu } from '../gpu/backend.ts'
import type { DeviceOptions } from '../gpu/device-options.ts'
import { openNodeGpu } from '../gpu/node/driver.ts'
import type { Gpu } from '../gpu/read.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { oracleCase, oracleTruth } from '../testing/oracle.ts'
import { boundsOf } from '../testing/oracle-bounds.ts'
import { type Distances, distances, runOracle } from '../testing/oracle-run.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { toyConfig } from '../testing/toy-config.ts'
import { environmentOf } from './environment.ts'
import { fits, imagesIn, misfitOf, requireFit } from './fit.ts'
import { createLive } from './live.ts'
import { train } from './train.ts'

const data = syntheticSet({ classes: 3, train: 8, validation: 3, size: 16 })

const open = async (options: DeviceOptions): Promise<Gpu> => openGpu((await openNodeGpu()).gpu, options)

const configOf = (batchSize: number, microBatchSize: number, changes: RunConfigInput['train'] = {}) =>
  toyConfig({
    train: { epochs: 1, batchSize, microBatchSize, ...changes },
    regularizer: { schedule: [{ fromEpoch: 0, toEpoch: 1, alpha: -1 }] },
  })

const optionsOf = (gpu: Gpu, config: ReturnType<typeof configOf>) => ({
  gpu,
  config,
  classes: 3,
  images: imagesIn(data),
})

async function run(gpu: Gpu, config: ReturnType<typeof configOf>, eager = false): Promise<RunEvent[]> {
  const environment = environmentOf('a test', gpu, data)
  const signal = new AbortController().signal
  const options = { config, data, environment, gpu, live: createLive(), signal, eager, save: async () => {} }
  const events: RunEvent[] = []
  for await (const event of train(options)) events.push(event)
  return events
}

const poor: DeviceOptions = { defaults: true }

describe('a device with WebGPU’s default limits and without optional features', () => {
  let gpu: Gpu

  beforeAll(async () => {
    gpu = await open(poor)
  })

  it('reports what it has', () => {
    expect(gpu.adapter.features).not.toContain('subgroups')
    expect(gpu.adapter.limits).toMatchObject({
      maxStorageBufferBindingSize: 2 ** 27,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupStorageSize: 2 ** 14,
    })
  })

  it('meets the bounds of the reference case', async () => {
    const name = 'active-mean'
    const oracle = oracleCase(name)
    const found = distances(await runOracle(oracle, { gpu, eager: false }), oracle, oracleTruth(name))
    const bounds = boundsOf(name)
    for (const quantity of Object.keys(bounds) as (keyof Distances)[])
      expect(found[quantity], quantity).toBeLessThan(bounds[quantity])
  })

  it('refuses a micro-batch of ResNet-50 at 224² whose largest tensor is no binding, and names the one that fits', () => {
    const model = { blocks: [3, 4, 6, 3], width: 64, block: 'bottleneck', stem: 'imagenet' } as const
    const config = toyConfig({
      data: { inputSize: 224, augmentation: 'none' },
      model: { ...model, blocks: [...model.blocks] },
      train: { epochs: 1, batchSize: 64, microBatchSize: 64 },
    })
    const images = { train: 1000, validation: 0 }
    expect(() => requireFit({ gpu, config, classes: 1000, images })).toThrow(
      'A training step in micro-batches of 64 images needs 196 MiB in one binding; this adapter allows 128 MiB: set train.microBatchSize to 32 or less',
    )
  })

  it('takes a step in more micro-batches than a program may have storage buffers', async () => {
    const config = configOf(18, 2)
    expect(fits(optionsOf(gpu, config))).toBe(true)
    const events = await run(gpu, config)
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
  })
})

describe('a run that exceeds the device', () => {
  // The largest tensor of a micro-batch is its images: 13 fit the limit, and 24 divide into 2 · 12.
  let bytesPerImage = 0
  let gpu: Gpu

  beforeAll(async () => {
    // Images have three channels on a software adapter, four on a GPU.
    const { software } = (await open({})).adapter
    bytesPerImage = 4 * 16 * 16 * (software ? 3 : 4)
    gpu = await open({ limits: { maxStorageBufferBindingSize: 4 * Math.floor((13.3 * bytesPerImage) / 4) } })
  })

  it('is refused with the largest micro-batch that fits, and nothing runs', () => {
    const config = configOf(24, 24)
    const misfit = misfitOf(optionsOf(gpu, config))
    expect(misfit).toMatchObject({ excess: { limit: 'maxStorageBufferBindingSize', needed: 24 * bytesPerImage } })
    const size = misfit?.microBatchSize as number
    expect(size).toBe(12)
    expect(fits(optionsOf(gpu, configOf(24, size)))).toBe(true)
    expect(fits(optionsOf(gpu, configOf(24, 23)))).toBe(true)
    const larger = { ...optionsOf(gpu, configOf(28, 14)), images: { train: 28, validation: 9 } }
    expect(fits(larger)).toBe(false)
    expect(() => requireFit(optionsOf(gpu, config))).toThrow(
      /^A training step in micro-batches of 24 images needs 0\.\d+ MiB in one binding; this adapter allows 0\.0\d MiB: set train\.microBatchSize to 12 or less$/,
    )
    expect(gpu.failure()).toBeNull()
  })

  it.each([false, true])('ends with the reason before the step’s first dispatch, eager: %s', async (eager) => {
    const before = gpu.bytes()
    const events = await run(gpu, configOf(24, 24), eager)
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'error', step: 0 })
    expect(events.at(-1)).toMatchObject({
      message: expect.stringMatching(/^The training graph needs 0\.\d+ MiB in one binding/),
    })
    expect(events.some(({ type }) => type === 'step')).toBe(false)
    expect(gpu.failure()).toBeNull()
    expect(gpu.bytes()).toBe(before)
  })

  it('trains with the micro-batch that the refusal names', async () => {
    const events = await run(gpu, configOf(24, 12))
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
    expect(gpu.failure()).toBeNull()
  })

  it('is refused for evaluations alone where its batches are smaller than its validation images', () => {
    const images = { train: 6, validation: 24 }
    const misfit = misfitOf({ ...optionsOf(gpu, configOf(24, 24)), images })
    expect(misfit).toMatchObject({ what: 'An evaluation in batches of 24 images', microBatchSize: 13 })
    expect(misfitOf({ ...optionsOf(gpu, configOf(24, 24)), images }, 'measure')).toMatchObject({ microBatchSize: 13 })
  })

  it('is refused for the images of the whole batch, which no micro-batch makes smaller', async () => {
    const images = { train: 600, validation: 6 }
    const misfit = misfitOf({ ...optionsOf(gpu, configOf(600, 6)), images })
    expect(misfit).toMatchObject({ what: 'A batch of 600 images', microBatchSize: null })
    const batchSize = misfit?.batchSize as number
    expect(fits({ ...optionsOf(gpu, configOf(batchSize, 6)), images })).toBe(true)
    expect(fits({ ...optionsOf(gpu, configOf(batchSize + 1, 6)), images })).toBe(false)
  })

  it('is refused for a program that needs more threads than the adapter has, in one plan', async () => {
    const few = await open({ limits: { maxComputeInvocationsPerWorkgroup: 128 } })
    expect(() => requireFit(optionsOf(few, configOf(24, 24)))).toThrow(
      /needs 256 threads in one workgroup; this adapter allows 128: no setting changes that; use another adapter$/,
    )
  })

  it('is refused for a network whose weights are too large, without a micro-batch', () => {
    const config = toyConfig({ model: { ...toyConfig().model, width: 16 } })
    expect(misfitOf({ ...optionsOf(gpu, configOf(6, 2)), config })).toMatchObject({ microBatchSize: null })
  })

  it('is refused for the memory budget of the configuration or of the device, with the micro-batch that it holds', async () => {
    const roomy = await open({})
    const config = toyConfig({
      data: { inputSize: 32, augmentation: 'none' },
      train: { epochs: 1, batchSize: 24, microBatchSize: 24 },
    })
    const options = (microBatchSize: number, memoryBudget: number | null) => ({
      ...optionsOf(roomy, { ...config, train: { ...config.train, microBatchSize } }),
      gpu: { ...roomy, memoryBudget },
    })
    expect(misfitOf(options(24, null))).toBeNull()
    const needed = misfitOf(options(24, 1))?.excess.needed as number
    const [half, tiny] = [misfitOf(options(24, needed / 2)), misfitOf(options(24, 1))]
    expect(half).toMatchObject({ what: 'Training in micro-batches of 24 images', excess: { limit: 'memory', needed } })
    expect(tiny?.microBatchSize).toBeNull()
    const size = half?.microBatchSize as number
    expect(size).toBeGreaterThan(2)
    expect(fits(options(size, needed / 2))).toBe(true)
    expect(fits(options(24, needed / 2))).toBe(false)
    // Slightly less than is needed: recomputation makes room for it, and the refusal says so.
    const scarce = options(24, 0.97 * needed)
    expect(misfitOf(scarce)).toMatchObject({ recompute: true, microBatchSize: expect.any(Number) })
    expect(() => requireFit(scarce)).toThrow(
      /: set train\.recompute to true, which changes no number, or set train\.micro/,
    )
    expect(fits({ ...scarce, config: { ...config, train: { ...config.train, recompute: true } } })).toBe(true)
    const own = { ...config, train: { ...config.train, memoryBudget: 16 } }
    expect(misfitOf({ ...optionsOf(roomy, own), classes: 200_000 })).toMatchObject({
      excess: { allowed: 16 * 2 ** 20 },
    })
    // The plan of a step is that of its compiled form: the run uses about as much as planned.
    const events = await run(roomy, { ...config, train: { ...config.train, microBatchSize: 8 } })
    const used = Math.max(...events.flatMap((event) => (event.type === 'step' ? [event.gpuBytes] : [])))
    const planned = misfitOf(options(8, 1))?.excess.needed as number
    expect(planned / used).toBeGreaterThan(0.7)
    expect(planned / used).toBeLessThan(1.3)
  })
})
