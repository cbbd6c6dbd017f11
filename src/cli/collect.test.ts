import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig, type RunConfig } from '../config/config.ts'
import type { PlannedRun } from '../experiments/plan.ts'
import { localQueue } from '../experiments/queue/local.ts'
import type { RunResult } from '../experiments/queue/run-job.ts'
import { runFiles, writeRun } from '../testing/run-folder.ts'
import { collect, type Place } from './collect.ts'
import { sendBundle } from './work-bundle.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-collect-'))
afterAll(() => rmSync(home, { recursive: true }))

const trained = join(home, 'worker', 'a', 'seed-1')
beforeAll(() => writeRun(trained))

const config: RunConfig = parseConfig(JSON.parse(String(runFiles().get('config.json'))))
const run: PlannedRun = { name: 'a/seed-1', arm: 'a', seed: 1, config }
const id = 'f'.repeat(32)

let count = 0
const place = (): Place => ({
  queue: localQueue({ attempts: 1, delay: 0 }),
  out: join(home, `out-${count++}`),
  shared: null,
  fingerprint: null,
})
const resultOf = (bundle: RunResult['bundle']): RunResult => ({ reason: 'finished', message: '', parts: [], bundle })

describe('the record of a run', () => {
  it('goes through the queue: logs and tables as they are, tables that follow from the log, no checkpoints', async () => {
    const own = place()
    const bundle = await sendBundle(own.queue, { run: trained, id, shared: null })
    expect(bundle.at).toBe('queue')
    expect(await collect(own, id, run, resultOf(bundle))).toBe(true)
    const folder = join(own.out, 'a', 'seed-1')
    expect(readdirSync(join(own.out, 'a'))).toEqual(['seed-1'])
    for (const [path, content] of runFiles())
      if (path.includes('/')) expect(existsSync(join(folder, path))).toBe(false)
      else expect(readFileSync(join(folder, path), 'utf8')).toBe(content)
    expect(readFileSync(join(folder, 'metrics.csv'), 'utf8').split('\n').length).toBeGreaterThan(20)
    expect(readFileSync(join(folder, 'selectivity.csv'), 'utf8')).toContain('layer1.0')
  })

  it('goes through the shared folder where it is too large for the queue', async () => {
    const own = place()
    const shared = join(home, 'shared')
    await expect(sendBundle(own.queue, { run: trained, id, shared: null, most: 100 })).rejects.toThrow(/with --runs/)
    const bundle = await sendBundle(own.queue, { run: trained, id, shared, most: 100 })
    expect(bundle.at).toBe('folder')
    await expect(collect(own, id, run, resultOf(bundle))).rejects.toThrow(/name that with --runs/)
    expect(await collect({ ...own, shared }, id, run, resultOf(bundle))).toBe(true)
    expect(existsSync(join(own.out, 'a', 'seed-1', 'events.jsonl'))).toBe(true)
  })

  it('is not there any more after a while', async () => {
    const own = place()
    const bundle = await sendBundle(own.queue, { run: trained, id, shared: null })
    expect(await collect(place(), id, run, resultOf(bundle))).toBe(false)
  })

  it('is refused where it is not the one that the worker sent, or not this run', async () => {
    const own = place()
    const bundle = await sendBundle(own.queue, { run: trained, id, shared: null })
    const bytes = (await own.queue.kept(id)) ?? new Uint8Array()
    const other = { ...run, config: { ...config, seed: config.seed + 1 } }
    await expect(collect(own, id, other, resultOf(bundle))).rejects.toThrow(/another configuration/)
    await expect(collect(own, id, run, { ...resultOf(bundle), reason: 'diverged' })).rejects.toThrow(
      /not end with diverged/,
    )
    await expect(collect({ ...own, fingerprint: 'f'.repeat(64) }, id, run, resultOf(bundle))).rejects.toThrow(
      /other images/,
    )
    bytes[100] ^= 1
    await own.queue.keep(id, bytes)
    await expect(collect(own, id, run, resultOf(bundle))).rejects.toThrow(/damaged/)
    expect(existsSync(own.out)).toBe(false)
  })
})
