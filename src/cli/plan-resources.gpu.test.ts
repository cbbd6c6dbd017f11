import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { expandPlan, parsePlan } from '../experiments/plan.ts'
import { type QueueEvent, runPlan } from '../experiments/queue/run-plan.ts'
import { tarOf } from '../testing/archives.ts'
import { canListDescriptors, openBelow } from '../testing/descriptors.ts'
import { syntheticSet } from '../testing/synthetic.ts'
import { openHostGpu, shareImages } from './host.ts'
import { folderHost } from './plan-host.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-plan-resources-'))
const temporary = join(home, 'tmp')

/** Two classes of eight images, 16×16, as a folder and as a compressed archive. */
beforeAll(async () => {
  vi.stubEnv('TMPDIR', temporary)
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
  mkdirSync(temporary)
  const { train } = syntheticSet({ classes: 2, train: 8, validation: 1, size: 16 })
  const files: { path: string; bytes: Uint8Array }[] = []
  for (const [index, label] of train.labels.entries()) {
    const { width, height, data } = await train.read(index)
    files.push({ path: `class_${label}/${index}.png`, bytes: encode({ width, height, data, channels: 3 }) })
  }
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(home, 'folder', path)), { recursive: true })
    writeFileSync(join(home, 'folder', path), bytes)
  }
  writeFileSync(join(home, 'set.tar.gz'), gzipSync(tarOf(files)))
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const planOf = (source: string) =>
  parsePlan({
    name: 'resources',
    base: {
      data: { source: join(home, source), inputSize: 16, validationFraction: 0.25 },
      model: { blocks: [1, 1, 1, 1], width: 4, stem: 'cifar' },
      train: { epochs: 1, batchSize: 6, microBatchSize: 6 },
      probe: { imagesPerClass: 2, earlyEpochs: 0 },
    },
    arms: [
      { name: 'low', changes: {} },
      { name: 'high', changes: { 'optimizer.learningRate': 0.2 } },
    ],
    seeds: [1, 2],
    measure: { epochs: [1], linearity: true },
  })

const left = () => ({ folders: readdirSync(temporary), files: canListDescriptors ? openBelow(home) : [] })

interface Options {
  readonly cache?: boolean
  readonly check?: 'all' | 'none'
}

/** Runs the plan with its measurements. Returns its last event, and the files that were open between its runs. */
async function runAll(source: string, out: string, options: Options = {}) {
  const plan = planOf(source)
  const between: ReturnType<typeof left>[] = []
  let last: QueueEvent | undefined
  {
    await using images = shareImages()
    const host = folderHost({
      out,
      measure: plan.measure,
      tuning: 'untuned',
      open: openHostGpu,
      openImages: images.open,
      ...options,
    })
    for await (const event of runPlan(expandPlan(plan), host, new AbortController().signal)) {
      if (event.type === 'measured') between.push(left())
      last = event
    }
  }
  return { last, between }
}

describe.each([
  ['set.tar.gz', 1],
  ['folder', 0],
] as const)('a plan of four measured runs on %s', (source, unpacked) => {
  it('opens the source once, and leaves no descriptor and no temporary folder', async () => {
    await openHostGpu()
    const before = left()
    const { last, between } = await runAll(source, join(home, `runs of ${source}`))
    expect(last).toMatchObject({ type: 'plan-ended', finished: 4, failed: [] })
    expect(between.map(({ folders }) => folders.length)).toEqual([unpacked, unpacked, unpacked, unpacked])
    for (const one of between) expect(one).toEqual(between[0])
    expect(left()).toEqual(before)
    expect(existsSync(join(home, 'cache', 'selectivity-lab', 'images'))).toBe(true)
  })

  it('writes no cache if caching is off, in training and in measuring', async () => {
    rmSync(join(home, 'cache'), { recursive: true, force: true })
    const out = join(home, `uncached runs of ${source}`)
    const { last } = await runAll(source, out, { cache: false, check: 'none' })
    expect(last).toMatchObject({ type: 'plan-ended', finished: 4, failed: [] })
    expect(existsSync(join(home, 'cache', 'selectivity-lab', 'images'))).toBe(false)
    expect(readFileSync(join(out, 'low/seed-1/linearity.csv'), 'utf8').split('\n').length).toBeGreaterThan(2)
  })
})
