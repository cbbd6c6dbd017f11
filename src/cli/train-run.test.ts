import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { picture } from '../testing/archives.ts'
import { createLive } from '../train/live.ts'
import { trainInto } from './train-run.ts'

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
const startOn = (fingerprint: string) =>
  [{ type: 'start', environment: { data: { fingerprint } } }] as unknown as RecordedEvent[]

describe('resuming', () => {
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
