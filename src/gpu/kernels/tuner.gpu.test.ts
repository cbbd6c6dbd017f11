import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { testGpu } from '../../testing/gpu.ts'
import { dispatchesPerSubmit, type LabBackend, labBackend } from '../lab-backend.ts'
import type { Gpu } from '../read.ts'
import type { Candidate } from './candidates.ts'
import { randomInputs } from './check/inputs.ts'
import { createChoices, workKey } from './choose.ts'
import type { Geometry } from './conv/geometry.ts'
import { convolve } from './conv/operations.ts'
import type { Scheme } from './schemes.ts'
import { tune } from './tuner.ts'
import { programCandidate, rightCandidate, testProgram } from './tuner-testing.ts'
import type { Work } from './work.ts'

const geometry: Geometry = {
  images: 2,
  height: 5,
  width: 6,
  inputs: 12,
  outHeight: 3,
  outWidth: 3,
  outputs: 20,
  kernel: [3, 3],
  stride: [2, 2],
  padding: [1, 1],
}
const work: Work = { operation: 'forward', geometry }
const key = workKey(work.operation, work.geometry)
const narrow: Scheme = { kind: 'register', rows: 8, vectors: 1 }
const wide: Scheme = { kind: 'register', rows: 8, vectors: 2 }

let gpu: Gpu
let backend: LabBackend
beforeAll(async () => {
  gpu = await testGpu()
  const found = labBackend()
  if (!found) throw new Error('the lab’s backend is not in use')
  backend = found
})

const right = (of: Work, scheme: Scheme) => rightCandidate(backend, of, scheme)

/** A correct variant, followed by a program that changes its output. */
function altered(name: string, code: string, of = work): Candidate {
  const program = testProgram(name, `@compute @workgroup_size(1) fn main() { ${code} }`)
  return {
    name,
    run: (a, b) => {
      const result = right(of, narrow).run(a, b)
      backend.dispatch(program, { outputs: [result], inputs: [], uniforms: {}, workgroups: [1] })
      return result
    },
  }
}

/** A variant with a separate program. */
const alone = (name: string, code: string): Candidate => ({
  name,
  run: (a, b) => programCandidate(backend, work, name, testProgram(name, code)).run(a, b),
})

const tuned = (candidates: Candidate[], works = [work]) =>
  tune(backend, works, {
    gpu,
    seconds: 1000,
    now: () => performance.now(),
    onProgress: () => {},
    signal: new AbortController().signal,
    candidates: () => candidates,
  })

const invalid = alone('invalid-code', '@compute @workgroup_size(1) fn main() {\n  result[0] = missing(1);\n}')
const tooLarge = alone('too-many-threads', '@compute @workgroup_size(65536) fn main() { result[0] = 1f; }')
const idle = alone(
  'writes-nothing',
  '@compute @workgroup_size(1) fn main() { if (result[0] == 77f) { result[0] = 1f; } }',
)
const constant = alone(
  'constant',
  '@compute @workgroup_size(1) fn main() { for (var i = 0; i < 360; i++) { result[i] = 1f; } }',
)
const thrown: Candidate = {
  name: 'throws',
  run: () => {
    throw new Error('no such layout')
  },
}

describe('the tuner', () => {
  it.each([
    ['code that does not compile', invalid, /does not compile: 3:15 .*missing/],
    ['a pipeline that the device refuses', tooLarge, /workgroup/i],
    ['a function that throws', thrown, /no such layout/],
    ['an output that is never written', idle, /^wrong value: output \d+ is 0, not /],
    ['wrong values everywhere', constant, /^wrong value: output \d+ is 1, not /],
    [
      'one value that is not a number',
      altered('one-nan', 'result[201] = bitcast<f32>(0x7fc00000u + u32(result[0] * 0f));'),
      /^non-finite value: output 201/,
    ],
    [
      'one infinite value',
      altered('one-infinity', 'result[359] = bitcast<f32>(0x7f800000u + u32(result[0] * 0f));'),
      /^non-finite value: output 359/,
    ],
    ['one value that is off by a thousandth', altered('one-off', 'result[187] += 0.001;'), /^wrong value: output 187 /],
  ])('rejects %s, names it, and the device stays usable', async (_, broken, reason) => {
    for (const candidates of [
      [broken, right(work, narrow)],
      [right(work, narrow), broken],
    ]) {
      const { choices, rejected } = await tuned(candidates)
      expect(choices).toEqual({ [key]: 'register-8x4' })
      expect(rejected).toEqual([{ work: key, variant: broken.name, reason: expect.stringMatching(reason) }])
    }
    await gpu.device.queue.onSubmittedWorkDone()
    expect(gpu.failure()).toBe(null)
    expect((await tuned([right(work, narrow)])).rejected).toEqual([])
  })

  it('repeats the check of variants that agreed with one that proved wrong', async () => {
    const off = (name: string) => altered(name, 'result[187] += 0.001;')
    const { choices, rejected } = await tuned([off('first'), off('second'), right(work, narrow), right(work, wide)])
    expect(rejected.map(({ variant }) => variant)).toEqual(['first', 'second'])
    expect(['register-8x4', 'register-8x8']).toContain(choices[key])
  })

  it('accepts every operation, strided and padded, with sums in another order', async () => {
    const works = (['forward', 'input-gradient', 'filter-gradient'] as const).map(
      (operation): Work => ({ operation, geometry: { ...geometry, images: 9 } }),
    )
    for (const one of works) {
      const { choices, rejected } = await tuned([right(one, narrow), right(one, wide)], [one])
      expect(rejected).toEqual([])
      expect(Object.keys(choices)).toEqual([workKey(one.operation, one.geometry)])
    }
  })

  it('accepts the rounding of a sum of 50,000 products in one thread and in parts', async () => {
    const g: Geometry = {
      images: 64,
      height: 28,
      width: 28,
      inputs: 4,
      outHeight: 28,
      outWidth: 28,
      outputs: 8,
      kernel: [1, 1],
      stride: [1, 1],
      padding: [0, 0],
    }
    const long: Work = { operation: 'filter-gradient', geometry: g }
    const split: Candidate = {
      name: 'register-8x4/32',
      run: (a, b) => convolve(backend, long.operation, g, [a, b], { scheme: narrow, splits: 32 }),
    }
    const { choices, rejected } = await tuned([right(long, narrow), split], [long])
    expect(rejected).toEqual([])
    expect(choices).toHaveProperty([workKey(long.operation, g)])
  })

  it('finds a wrong value beyond 2²⁴, where a float cannot count', async () => {
    const size = { height: 2112, width: 1000, outHeight: 2112, outWidth: 1000, inputs: 4, outputs: 8 }
    const g: Geometry = { ...size, images: 1, kernel: [1, 1], stride: [1, 1], padding: [0, 0] }
    const large: Work = { operation: 'forward', geometry: g }
    const place = 2 ** 24 + 1
    const off: Candidate = { ...altered('one-off-behind', `result[${place}] += 0.001;`, large), name: 'off' }
    const { choices, rejected } = await tuned([right(large, narrow), off], [large])
    expect(choices).toEqual({ [workKey('forward', g)]: 'register-8x4' })
    expect(rejected.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(new RegExp(`^wrong value: output ${place} is `)),
    ])
  })

  it('tries only schemes with panels on hardware', async () => {
    const { choices } = backend
    backend.choices = createChoices({ ...choices.adapter, software: false })
    try {
      const { choices: chosen, rejected } = await tune(backend, [work], {
        gpu,
        seconds: 1000,
        now: () => performance.now(),
        onProgress: () => {},
        signal: new AbortController().signal,
      })
      expect(chosen[key]).toMatch(/^tile-/)
      expect(rejected).toEqual([])
    } finally {
      backend.choices = choices
    }
  })

  it('times repetitions of a work in one submit', () => {
    const [a, b] = randomInputs(work)
    const repeated = () => {
      for (let i = 0; i < 2 * dispatchesPerSubmit; i++) backend.disposeData(right(work, narrow).run(a, b).dataId)
    }
    const { work: counts } = backend.counting(() => backend.inOneSubmit(repeated))
    expect(counts).toMatchObject({ dispatches: 2 * dispatchesPerSubmit, submits: 1 })
    expect(backend.counting(repeated).work.submits).toBeGreaterThan(1)
    tf.dispose([a, b])
  })

  it('refuses an adapter if every variant computes wrong values', async () => {
    await expect(tuned([constant, idle])).rejects.toMatchObject({
      name: 'DeviceError',
      reason: 'self-test',
      message: expect.stringMatching(/every variant of forward 2x5x6x12.* wrong/),
    })
    expect(gpu.failure()).toBe(null)
  })

  it('selects no variant if every variant fails', async () => {
    const { choices, rejected } = await tuned([invalid, thrown])
    expect(choices).toEqual({})
    expect(rejected.map(({ variant }) => variant)).toEqual(['invalid-code', 'throws'])
    expect(gpu.failure()).toBe(null)
  })

  it('leaves no tensor and no byte on the GPU', async () => {
    const before = gpu.bytes()
    await tuned([invalid, thrown, constant, right(work, narrow), right(work, wide)])
    expect(gpu.bytes()).toBe(before)
  })
})
