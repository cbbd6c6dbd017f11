/** The tuner on hardware, where it tries a work while the programs of later works compile. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { testGpu } from '../../testing/gpu.ts'
import { wait } from '../../wait.ts'
import { compiledAtOnce } from '../compile-programs.ts'
import { type LabBackend, labBackend } from '../lab-backend.ts'
import type { Gpu } from '../read.ts'
import type { Candidate } from './candidates.ts'
import { workKey } from './choose.ts'
import type { Geometry } from './conv/geometry.ts'
import { shapesOf } from './conv/operations.ts'
import { type TuneOptions, tune } from './tuner.ts'
import { programCandidate, rightCandidate, testProgram } from './tuner-testing.ts'
import type { Work } from './work.ts'

const geometry: Geometry = {
  images: 2,
  height: 6,
  width: 4,
  inputs: 8,
  outHeight: 6,
  outWidth: 4,
  outputs: 12,
  kernel: [1, 1],
  stride: [1, 1],
  padding: [0, 0],
}
const first: Work = { operation: 'forward', geometry }
const second: Work = { operation: 'input-gradient', geometry }
const keyOf = ({ operation }: Work) => workKey(operation, geometry)

let gpu: Gpu
let backend: LabBackend
beforeAll(async () => {
  const software = await testGpu()
  gpu = { ...software, adapter: { ...software.adapter, software: false } }
  const found = labBackend()
  if (!found) throw new Error('the lab’s backend is not in use')
  backend = found
})
afterEach(() => vi.restoreAllMocks())

const right = (work: Work, vectors: 1 | 2): Candidate =>
  rightCandidate(backend, work, { kind: 'register', rows: 8, vectors })

let programs = 0

/** A variant with a program that no other test has compiled. */
const alone = (work: Work, name: string, code: string): Candidate =>
  programCandidate(
    backend,
    work,
    name,
    testProgram(`ahead-${name}-${programs++}`, `@compute @workgroup_size(1) fn main() { ${code} }`),
  )

const wrong = (work: Work, name: string) => alone(work, name, 'result[0] = 7f;')
const invalid = (work: Work) => alone(work, 'invalid-code', 'result[0] = missing(1);')

/** Compilations in the background wait for what `before` returns; returns the keys of those that have begun. */
function watchedCompiler(before: (key: string) => Promise<void> | void = () => {}): string[] {
  const begun: string[] = []
  const compile = backend.compileInBackground.bind(backend)
  vi.spyOn(backend, 'compileInBackground').mockImplementation(async (program) => {
    begun.push(program.key)
    await before(program.key)
    await compile(program)
  })
  return begun
}

const tuned = (candidates: ReadonlyMap<Work, readonly Candidate[]>, more: Partial<TuneOptions> = {}) =>
  tune(backend, [...candidates.keys()], {
    gpu,
    seconds: 1000,
    now: () => performance.now(),
    onProgress: () => {},
    signal: new AbortController().signal,
    candidates: (work) => candidates.get(work) ?? [],
    ...more,
  })

describe('on hardware the tuner', () => {
  it('has begun to compile the programs of later works when it times the first one', async () => {
    const begun = watchedCompiler()
    const later = wrong(second, 'later')
    const seen: number[] = []
    const works = new Map([
      [first, [right(first, 1)]],
      [second, [later, right(second, 1)]],
    ])
    await tuned(works, {
      onTimed: (work) => {
        if (work === first) seen.push(begun.filter((key) => key.startsWith('test-ahead-later')).length)
      },
    })
    expect(seen).toEqual([1])
  })

  it('compiles a work when its turn comes where the clock tells the time, which would include other compilations', async () => {
    const { features } = backend.device
    vi.spyOn(backend.device, 'features', 'get').mockReturnValue(
      new Set([...features].filter((feature) => feature !== 'timestamp-query')) as unknown as GPUSupportedFeatures,
    )
    const begun = watchedCompiler()
    const seen: number[] = []
    const works = new Map([
      [first, [right(first, 1)]],
      [second, [wrong(second, 'clocked'), right(second, 1)]],
    ])
    const count = () => begun.filter((key) => key.startsWith('test-ahead-clocked')).length
    await tuned(works, { onTimed: () => seen.push(count()) })
    expect(seen).toEqual([0, 1])
  })

  it('blames each error on its own variant, and tries all variants of the works after it', async () => {
    // Compiled before the tuner begins.
    const [a, b] = shapesOf(second.operation, geometry).inputs.map((shape) => backend.makeTensorInfo(shape, 'float32'))
    for (const { dataId } of [a, b, right(second, 2).run(a, b)]) backend.disposeData(dataId)
    const timed: string[] = []
    const works = new Map([
      [first, [right(first, 1), invalid(first), right(first, 2)]],
      [second, [invalid(second), right(second, 1), right(second, 2)]],
    ])
    const { choices, rejected } = await tuned(works, {
      onTimed: (work, name) => timed.push(`${work.operation} ${name}`),
    })
    expect(timed).toEqual(
      [first, second].flatMap(({ operation }) =>
        ['register-8x4', 'register-8x8'].map((name) => `${operation} ${name}`),
      ),
    )
    expect(Object.keys(choices)).toEqual([keyOf(first), keyOf(second)])
    expect(rejected).toEqual(
      [first, second].map((work) => ({
        work: keyOf(work),
        variant: 'invalid-code',
        reason: expect.stringMatching(/invalid-code-\d+ does not compile/),
      })),
    )
    expect(gpu.failure()).toBe(null)
  })

  it('begins no program and reports nothing after it has refused a driver', async () => {
    let release = () => {}
    const refusal = new Promise<void>((resolve) => {
      release = resolve
    })
    const begun = watchedCompiler((key) => (key.startsWith('test-ahead-many') ? refusal : undefined))
    const many = Array.from({ length: 3 * compiledAtOnce }, (_, i) => wrong(second, `many-${i}`))
    const said: string[] = []
    const works = new Map([
      [first, [wrong(first, 'wrong')]],
      [second, many],
    ])
    const refused = tuned(works, { onProgress: (_done, _total, what) => said.push(what) })
    await expect(refused).rejects.toMatchObject({ reason: 'self-test' })
    const [programsBegun, reports] = [begun.length, said.length]
    expect(programsBegun).toBeLessThan(many.length)
    release()
    await wait(50, new AbortController().signal)
    expect([begun.length, said.length]).toEqual([programsBegun, reports])
  })

  it('chooses for the first work where a slow compiler takes all of the time', async () => {
    let compiled = 0
    watchedCompiler(() => {
      compiled++
    })
    const works = new Map([
      [first, [wrong(first, 'slow'), right(first, 1), right(first, 2)]],
      [second, [right(second, 1)]],
    ])
    // The time is over once a program has been compiled.
    const now = () => 1000 * compiled
    const { choices, rejected, unfinished, works: count } = await tuned(works, { now, seconds: 0.5 })
    expect(choices).toEqual({ [keyOf(first)]: 'register-8x4' })
    expect(rejected).toMatchObject([{ variant: 'slow' }])
    expect(count).toBe(1)
    expect(unfinished).toEqual([keyOf(first)])
  })
})
