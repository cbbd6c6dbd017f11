/** Activations in f16: refused where that is impossible; elsewhere near PyTorch, and half the memory. */
import { afterAll, describe, expect, it } from 'vitest'
import type { Gpu } from '../gpu/read.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { testGpu } from '../testing/gpu.ts'
import { activeNames, oracleCase, oracleTruth } from '../testing/oracle.ts'
import { type Distances, distances, runOracle } from '../testing/oracle-run.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { toyConfig } from '../testing/toy-config.ts'
import { environmentOf } from './environment.ts'
import { fits, imagesIn } from './fit.ts'
import { createLive } from './live.ts'
import { train } from './train.ts'

const data = syntheticSet({ classes: 3, train: 8, validation: 3, size: 16 })
const config = toyConfig({ train: { epochs: 1, batchSize: 6, microBatchSize: 6, activations: 'f16' } })

/** The GPU as it is, with or without the feature in its report. */
const withFeatures = (gpu: Gpu, features: readonly string[]): Gpu => ({ ...gpu, adapter: { ...gpu.adapter, features } })

async function run(gpu: Gpu, eager: boolean): Promise<RunEvent[]> {
  const environment = environmentOf('a test', gpu, data)
  const signal = new AbortController().signal
  const events: RunEvent[] = []
  const options = { config, data, environment, gpu, live: createLive(), signal, eager, save: async () => {} }
  for await (const event of train(options)) events.push(event)
  return events
}

const hasHalf = (gpu: Gpu) => gpu.adapter.features.includes('shader-f16')

describe('a run with activations in f16', () => {
  it('is refused before it starts where the GPU has no shader-f16, with the cure', async () => {
    const gpu = withFeatures(await testGpu(), ['subgroups'])
    const message =
      /^train\.activations = f16 needs a GPU with shader-f16, which .* does not offer.*\. Set train\.activations to f32, or use another GPU\.$/
    const options = { gpu, config, classes: 3, images: imagesIn(data) }
    expect(() => fits(options)).toThrow(message)
    // A finished run is measured in f32.
    expect(fits(options, 'measure')).toBe(true)
    const events = await run(gpu, false)
    expect(events.map(({ type }) => type)).toEqual(['activity', 'end'])
    expect(events[1]).toMatchObject({ reason: 'error', message: expect.stringMatching(message) })
  })

  it('is refused operation by operation, with the cure', async () => {
    const events = await run(withFeatures(await testGpu(), ['shader-f16']), true)
    expect(events.map(({ type }) => type)).toEqual(['activity', 'end'])
    expect(events[1]).toMatchObject({ reason: 'error', message: expect.stringMatching(/needs compiled steps\. Set/) })
  })

  it('trains, and its record names the storage', async ({ skip }) => {
    const gpu = await testGpu()
    if (!hasHalf(gpu)) skip()
    const events = await run(gpu, false)
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' })
    const graphs = events.flatMap((event) => (event.type === 'graph' ? [event.graph] : []))
    const storage = graphs.map(({ name, activations = 'f32' }) => [name, activations])
    expect(new Set(storage.map(String))).toContain('training,f16')
    expect(storage.filter(([name, stored]) => name !== 'training' && stored === 'f16')).toEqual([])
  })
})

describe.each(activeNames)('PyTorch’s case %s with activations in f16', (name) => {
  it('is within the bounds of this storage', async ({ skip }) => {
    const gpu = await testGpu()
    if (!hasHalf(gpu)) skip()
    const oracle = oracleCase(name)
    const found = distances(
      await runOracle(oracle, { gpu, eager: false, activations: 'f16' }),
      oracle,
      oracleTruth(name),
    )
    for (const quantity of Object.keys(bounds) as (keyof Distances)[])
      expect(found[quantity], quantity).toBeLessThan(bounds[quantity])
    // In f32 the gradients are nearer by a factor of a thousand.
    expect(found.gradients).toBeGreaterThan(1e-4)
  })
})

/** The cases' inputs of batch norm lie far from zero, where f16 has few digits for what is left without the mean. */
const bounds: Distances = {
  losses: 6e-3,
  parts: 3e-2,
  gradients: 0.25,
  pooled: 1e-6,
  changes: 0.6,
  selectivity: 1e-2,
  evaluation: 2e-3,
  logits: 3e-3,
  ablatedLogits: 3e-3,
}

afterAll(async () => expect((await testGpu()).failure()).toBe(null))
