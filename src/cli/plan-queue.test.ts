import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { expandPlan, parsePlan } from '../experiments/plan.ts'
import type { JobQueue } from '../experiments/queue/job-queue.ts'
import { bullQueue } from '../experiments/queue/node/bullmq.ts'
import { type RedisServer, startRedis, withoutRedis } from '../testing/redis.ts'
import { runOnQueue } from './plan-queue.ts'

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
