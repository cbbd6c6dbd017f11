import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileStore } from '../cli/kernels.ts'
import { parseConfig } from '../config/config.ts'
import { createChoices, kernelVersion, usableSchemes, workKey } from '../gpu/kernels/choose.ts'
import { variantName } from '../gpu/kernels/schemes.ts'
import { type Tuned, tune } from '../gpu/kernels/tuner.ts'
import { type LabBackend, labBackend } from '../gpu/lab-backend.ts'
import type { Gpu } from '../gpu/read.ts'
import { testGpu } from '../testing/gpu.ts'
import { type ChoiceStore, kernelWarning, type PrepareOptions, prepareKernels, storeKey, worksOf } from './kernels.ts'

const config = parseConfig({
  data: { inputSize: 8 },
  model: { blocks: [1, 1, 1, 1], width: 2, block: 'basic', stem: 'cifar' },
  train: { batchSize: 5, microBatchSize: 3 },
})

async function backendOf(): Promise<LabBackend> {
  await testGpu()
  const backend = labBackend()
  if (!backend) throw new Error('the lab’s backend is not in use')
  return backend
}

/** A clock that advances by a millisecond with each reading. */
function ticking() {
  let time = 0
  return () => time++
}

const never = new AbortController().signal

function memoryStore(first: Record<string, unknown> = {}) {
  const stored = new Map(Object.entries(first))
  const store: ChoiceStore = {
    read: async (key) => stored.get(key) ?? null,
    write: async (key, tuned) => void stored.set(key, structuredClone(tuned)),
  }
  return { stored, store }
}

const storedChoices = (stored: ReadonlyMap<string, unknown>, { adapter }: Gpu) =>
  (stored.get(storeKey(adapter)) as Tuned).choices

describe('the works of a run', () => {
  it('are its convolutions and its classifier in its batch sizes, without the gradient by the images', () => {
    const works = worksOf(config, 4)
    const keys = works.map(({ operation, geometry }) => workKey(operation, geometry))
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Set(works.map(({ geometry }) => geometry.images))).toEqual(new Set([2, 3]))
    expect(keys).toContain('forward 3x8x8x3>8x8x2 3x3/1x1+1x1')
    expect(keys).not.toContain('input-gradient 3x8x8x3>8x8x2 3x3/1x1+1x1')
    expect(keys).toContain('filter-gradient 2x1x1x16>1x1x4 1x1/1x1+0x0')
  })
})

describe('the tuner', () => {
  it('selects among the variants that can run, reports progress, and the backend runs the selected variants', async () => {
    const backend = await backendOf()
    const works = worksOf(config, 4).slice(0, 2)
    const said: [number, number, string][] = []
    const { choices, rejected } = await tune(backend, works, {
      gpu: await testGpu(),
      seconds: 1000,
      now: () => performance.now(),
      onProgress: (...progress) => said.push(progress),
      signal: never,
    })
    const names = usableSchemes(backend).map((scheme) => variantName({ scheme, splits: 1 }))
    expect(Object.keys(choices).sort()).toEqual(works.map((w) => workKey(w.operation, w.geometry)).sort())
    for (const name of Object.values(choices)) expect(names).toContain(name.split('/')[0])
    expect(rejected).toEqual([])
    const timing = said.filter(([, , what]) => !what.startsWith('compiling'))
    expect(timing.map(([done, total]) => `${done}/${total}`)).toEqual(['0/2', '1/2', '2/2'])
    expect(said.some(([, , what]) => /^compiling (\d+) of \1 programs$/.test(what))).toBe(true)
    const { variantOf } = createChoices(backend.choices.adapter, choices)
    for (const { operation, geometry } of works) {
      expect(variantName(variantOf(operation, geometry))).toBe(choices[workKey(operation, geometry)])
    }
  }, 120_000)

  it('stops when its time is over or its signal is aborted', async () => {
    const backend = await backendOf()
    const works = worksOf(config, 4)
    const options = { gpu: await testGpu(), now: ticking(), onProgress: () => {} }
    const nothing = { choices: {}, rejected: [], works: 0, programs: 0 }
    expect(await tune(backend, works, { ...options, seconds: -1, signal: never })).toMatchObject(nothing)
    expect(await tune(backend, works, { ...options, seconds: 1000, signal: AbortSignal.abort() })).toMatchObject(
      nothing,
    )
  })
})

describe('preparing kernels', () => {
  /** As on a software adapter, where nothing is measured unasked. */
  async function softwareGpu() {
    const gpu = await testGpu()
    return { ...gpu, adapter: { ...gpu.adapter, software: true } }
  }

  const prepare = async (more: Partial<PrepareOptions>) =>
    prepareKernels({
      gpu: await softwareGpu(),
      config,
      classes: 4,
      tuning: 'auto',
      store: memoryStore().store,
      now: ticking(),
      onProgress: () => {},
      signal: never,
      ...more,
    })
  const key = 'forward 3x8x8x3>8x8x2 3x3/1x1+1x1'

  it('uses stored timings of this adapter, and guesses the rest on a software adapter', async () => {
    const gpu = await testGpu()
    const { store } = memoryStore({
      [storeKey(gpu.adapter)]: { choices: { [key]: 'register-8x8' }, rejected: [] },
      other: { choices: { [key]: 'quad-8x16x4' }, rejected: [] },
    })
    const kernels = await prepare({ store })
    expect(kernels).toEqual({ version: kernelVersion, choices: { [key]: 'register-8x8' } })
    const work = worksOf(config, 4).find((w) => workKey(w.operation, w.geometry) === key)
    if (!work) throw new Error('no such work')
    const { variantOf } = createChoices(gpu.adapter, kernels?.choices)
    expect(variantName(variantOf(work.operation, work.geometry))).toBe('register-8x8')
  })

  it('measures missing timings on request, and stores them but for the work within which time runs out', async () => {
    const { store, stored } = memoryStore()
    let isOver = false
    const kernels = await prepare({
      store,
      tuning: 'again',
      now: () => (isOver ? 1e9 : 0),
      onProgress: (done) => {
        isOver ||= done === 2
      },
    })
    const choices = storedChoices(stored, await testGpu())
    expect(Object.keys(choices)).toHaveLength(2)
    expect(kernels?.choices).toMatchObject(choices)
    expect(Object.keys(kernels?.choices ?? {})).toHaveLength(3)
  }, 120_000)

  it('uses only the kernels of a recorded run', async () => {
    const gpu = await testGpu()
    const { store } = memoryStore({ [storeKey(gpu.adapter)]: { choices: { [key]: 'register-8x8' }, rejected: [] } })
    const recorded = { version: kernelVersion, choices: { [key]: 'register-8x4/2' } }
    expect(await prepare({ store, recorded })).toEqual(recorded)
  })

  it('warns when a run resumes whose kernels are of another version, or cannot run here', async () => {
    await testGpu()
    const recorded = { version: kernelVersion, choices: { [key]: 'register-8x4' } }
    expect(kernelWarning(recorded)).toBeNull()
    expect(kernelWarning(undefined)).toBeNull()
    expect(kernelWarning({ ...recorded, choices: { [key]: 'register-9x9' } })).toMatch(/^1 kernel variants/)
    expect(kernelWarning({ ...recorded, version: kernelVersion - 1 })).toMatch(
      `kernels of version ${kernelVersion - 1}, and this lab has version ${kernelVersion}`,
    )
  })

  it('records the rejected variants of stored timings, and of a recorded run', async () => {
    const gpu = await testGpu()
    const rejected = [{ work: key, variant: 'tile-32x32x16-4x4', reason: 'wrong value: output 0 is 1, not 2 ± 0.001' }]
    const { store } = memoryStore({ [storeKey(gpu.adapter)]: { choices: { [key]: 'register-8x8' }, rejected } })
    const kernels = await prepare({ store })
    expect(kernels).toEqual({ version: kernelVersion, choices: { [key]: 'register-8x8' }, rejected })
    expect(await prepare({ recorded: kernels })).toEqual(kernels)
  })

  it.each([
    { choices: { [key]: 'register-9x9' } },
    { choices: { [key]: 'register-8x8/none' } },
    { choices: { [key]: 'register-8x8/0' } },
    { choices: { [key]: 7 }, rejected: 'all' },
    { [key]: 'register-8x8' },
    'damaged',
  ])('ignores stored timings in an unknown format (%j)', async (damaged) => {
    const gpu = await testGpu()
    const { store } = memoryStore({ [storeKey(gpu.adapter)]: damaged })
    expect(await prepare({ store })).toEqual({ version: kernelVersion, choices: {} })
  })

  it('guesses everything when tuning is off', async () => {
    const gpu = await testGpu()
    const { store } = memoryStore({ [storeKey(gpu.adapter)]: { choices: { [key]: 'register-8x8' }, rejected: [] } })
    expect(await prepare({ store, tuning: 'untuned' })).toEqual({ version: kernelVersion, choices: {} })
  })
})

describe('the file of timings', () => {
  it('stores each adapter’s timings separately, and ignores a damaged file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-kernels-'))
    try {
      const file = join(folder, 'deep', 'kernels.json')
      const store = fileStore(file)
      expect(await store.read('a')).toBe(null)
      const timings = (choices: Record<string, string>) => ({ choices, rejected: [] })
      await store.write('a', timings({ x: 'quad-8x16x4' }))
      await store.write('b', timings({ y: 'register-8x4' }))
      expect(await store.read('a')).toEqual(timings({ x: 'quad-8x16x4' }))
      expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')))).toEqual(['a', 'b'])
      writeFileSync(file, '{')
      expect(await store.read('a')).toBe(null)
      await store.write('c', timings({}))
      expect(await store.read('c')).toEqual(timings({}))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
