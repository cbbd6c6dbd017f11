import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { picture } from '../testing/archives.ts'
import { createLive } from '../train/live.ts'
import { readRunImages, trainInto } from './train-run.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-train-run-'))
const source = join(home, 'images')

beforeAll(async () => {
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'))
  for (const [c, name] of ['a', 'b'].entries()) {
    for (let i = 0; i < 4; i++) {
      const path = join(source, name, `${i}.png`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, await picture(40 * c + i, 'png', 20))
    }
  }
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

/** The start event of a run on a dataset with this fingerprint; only what resuming reads. */
const startOn = (fingerprint: string, ids = ['a', 'b']) =>
  [
    { type: 'start', environment: { data: { fingerprint, classes: ids.map((id) => ({ id, name: id })) } } },
  ] as unknown as RecordedEvent[]

describe('resuming', () => {
  it('keeps the classes in their recorded order, which is that of the weights', async () => {
    const request = {
      config: parseConfig({ data: { source, inputSize: 16 } }),
      signal: new AbortController().signal,
      open: () => Promise.reject(new Error('the GPU was opened')),
      tuning: 'untuned',
    } as const
    using fresh = await readRunImages(request)
    expect(fresh.set.classes.map(({ id }) => id)).toEqual(['a', 'b'])
    using resumed = await readRunImages({ ...request, recorded: startOn('', ['b', 'a']) })
    expect(resumed.set.classes.map(({ id }) => id)).toEqual(['b', 'a'])
    expect([...resumed.set.train.labels]).toEqual([...fresh.set.train.labels].map((label) => 1 - label))
  })

  it('refuses images that have changed, before it opens the GPU or touches the folder', async () => {
    const out = join(home, 'run')
    const events = trainInto({
      config: parseConfig({ data: { source, inputSize: 16 } }),
      out,
      live: createLive(),
      signal: new AbortController().signal,
      open: () => Promise.reject(new Error('the GPU was opened')),
      tuning: 'untuned',
      recorded: startOn('of other images'),
    })
    await expect(events.next()).rejects.toThrow(
      'the files of images have changed since the run began; restore them, or train into a new folder',
    )
    expect(readdirSync(home)).not.toContain('run')
  })
})
