import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { expandPlan, type PlannedRun, parsePlan } from '../experiments/plan.ts'
import type { JobQueue, Work } from '../experiments/queue/job-queue.ts'
import { localQueue } from '../experiments/queue/local.ts'
import { bullQueue } from '../experiments/queue/node/bullmq.ts'
import { type RedisServer, startRedis, withoutRedis } from '../testing/redis.ts'
import { runFiles, writeRun } from '../testing/run-folder.ts'
import { runOnQueue } from './plan-queue.ts'
import { sendBundle } from './work-bundle.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-plan-queue-'))
afterAll(() => rmSync(home, { recursive: true }))

const plan = parsePlan({ name: 'toy', base: { train: { epochs: 2 } }, arms: [{ name: 'a' }], seeds: [1] })
const runs = expandPlan(plan)
const options = { attempts: 2, delay: 5, lockDuration: 1000, onProblem: () => {} }

let count = 0
const request = (queue: JobQueue, signal: AbortSignal) => ({
  ...{ queue, plan, runs, out: join(home, `out-${count++}`), shared: null, fingerprint: 'f'.repeat(64), signal },
})

/** The queue, and a promise of the first call of a method after the server has gone. */
function gone(queue: JobQueue, method: 'agree' | 'add' | 'status' | 'workers', leave: () => Promise<void> | void) {
  let called = () => {}
  const calls = new Promise<void>((resolve) => {
    called = resolve
  })
  const call = async (...args: never[]) => {
    await leave()
    called()
    return (queue[method] as (...args: never[]) => Promise<never>)(...args)
  }
  return { queue: { ...queue, [method]: call }, calls }
}

const suspend = (server: RedisServer) => server.suspend()
const kill = (server: RedisServer) => server.kill()

describe('a plan on a queue', () => {
  const [trained, id] = [join(home, 'worker', 'a', 'seed-1'), 'a/seed-1']
  const config = parseConfig(JSON.parse(String(runFiles().get('config.json'))))
  const run: PlannedRun = { name: id, arm: 'a', seed: 1, config }
  const parts = [{ worker: 'w', adapter: 'A', fromStep: 0 }]
  beforeAll(() => writeRun(trained))

  /** A worker whose results cannot be used as often as asked for, and which reports what this version does not read. */
  const workOn = (queue: JobQueue, spoiled: number): Work => {
    let attempts = 0
    return async (attempt) => {
      await attempt.report({ version: 2 })
      const bundle = await sendBundle(queue, { run: trained, id: attempt.id, shared: null })
      const unusable = [
        { reason: 'other' },
        { reason: 'finished', message: '', parts, bundle: { ...bundle, bytes: 1 } },
      ]
      return attempts++ < spoiled ? unusable[attempts % 2] : { reason: 'finished', message: 'Done.', parts, bundle }
    }
  }

  async function planned(out: string, spoiled: number, queue = localQueue({ attempts: 1, delay: 0 })) {
    const done = new AbortController()
    const working = queue.work(workOn(queue, spoiled), { name: 'w', slots: 1, signal: done.signal })
    const own = {
      ...request(queue, new AbortController().signal),
      runs: [run],
      fingerprint: null,
      out: join(home, out),
    }
    const end = await runOnQueue(own)
    done.abort()
    await working
    return end
  }

  it.concurrent('sends a run again once whose result cannot be used', async () => {
    expect(await planned('once', 1)).toEqual({ finished: 1, failed: [], stopped: false })
    expect(existsSync(join(home, 'once', 'a', 'seed-1', 'events.jsonl'))).toBe(true)
  })

  it.concurrent('fails a run whose results can never be used', async () => {
    const { failed } = await planned('never', 9)
    expect(failed).toMatchObject([{ run: { name: id }, message: expect.stringMatching(/, for the second time$/) }])
  })

  it.concurrent('notes who trained a run that was collected just before an earlier command was killed', async () => {
    const queue = localQueue({ attempts: 1, delay: 0 })
    await planned('killed', 0, queue)
    const path = join(home, 'killed', 'sweep.json')
    const before = readFileSync(path, 'utf8')
    expect(JSON.parse(before)).toEqual({ runs: [{ run: id, parts }] })
    rmSync(path)
    await planned('killed', 0, queue)
    expect(readFileSync(path, 'utf8')).toBe(before)
  })
})

describe.skipIf(withoutRedis !== null)('a plan on a queue whose server goes away', () => {
  it.concurrent.each([
    ['agree', 'does not answer', suspend],
    ['add', 'has ended', kill],
    ['status', 'does not answer', suspend],
    ['status', 'has ended', kill],
    ['workers', 'does not answer', suspend],
  ] as const)('ends at once when it is stopped at %s and the server %s', async (method, _, leave) => {
    await using server = await startRedis()
    await using queue = await bullQueue({ ...options, url: server.url })
    const stop = new AbortController()
    const own = gone(queue, method, () => leave(server))
    const end = runOnQueue(request(own.queue, stop.signal))
    await own.calls
    stop.abort()
    expect(await end).toEqual({ finished: 0, failed: [], stopped: true })
  })

  it('does not begin, and can be stopped, while the server does not answer', async () => {
    await using server = await startRedis()
    server.suspend()
    const stop = new AbortController()
    const opening = bullQueue({ ...options, url: server.url, signal: stop.signal })
    stop.abort(new Error('stopped'))
    await expect(opening).rejects.toThrow('stopped')
  })
})
