import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expandPlan, parsePlan } from '../experiments/plan.ts'
import type { JobQueue } from '../experiments/queue/job-queue.ts'
import { bullQueue } from '../experiments/queue/node/bullmq.ts'
import { type WatchedQueue, watchQueue } from '../experiments/queue/node/watch.ts'
import { jobOf } from '../experiments/queue/run-job.ts'
import { type RedisServer, startRedis, withoutRedis } from '../testing/redis.ts'
import { isUsage } from './arguments.ts'
import { board, requireProject } from './board.ts'
import { boardApp, serveBoard } from './board-server.ts'

const plan = parsePlan({ name: 'a <b>plan</b>', arms: [{ name: 'none' }], seeds: [1, 2, 3, 4] })
const progress = {
  ...{ worker: 'box-7', adapter: 'a GPU', activity: 'training', step: 3, totalSteps: 12, epoch: 0.25 },
  ...{ loss: 1.25, top1: 0.5 },
}

describe.skipIf(withoutRedis !== null)('the board of a sweep', () => {
  let server: RedisServer
  let queue: JobQueue
  let watched: WatchedQueue
  let page: Awaited<ReturnType<typeof serveBoard>>
  let finish = () => {}

  /** One run finished, one failed, one trains, one waits; and a job that is no run. */
  beforeAll(async () => {
    server = await startRedis({ password: 'geheim' })
    queue = await bullQueue({ url: server.url, attempts: 1, delay: 1, lockDuration: 30_000, onProblem: () => {} })
    const jobs = await Promise.all(expandPlan(plan).map((run) => jobOf(plan.name, run, plan.measure)))
    await queue.add(jobs.map((job, priority) => ({ id: job.id, data: job, priority: priority + 1 })))
    await queue.add([{ id: 'odd', data: { format: 1, name: '<script>alert(1)</script>' }, priority: 9 }])
    const result = {
      ...{ reason: 'finished', message: 'All epochs are trained.', parts: [] },
      bundle: { at: 'queue', bytes: 1, sha256: '0'.repeat(64) },
    }
    let trains = () => {}
    const training = new Promise<void>((resolve) => {
      trains = resolve
    })
    const held = new Promise<void>((resolve) => {
      finish = resolve
    })
    const signal = new AbortController()
    void queue.work(
      async ({ id, report }) => {
        if (id === jobs[0].id) return result
        if (id === jobs[1].id) throw new Error('the <i>driver</i> crashed')
        await report(progress)
        trains()
        await held
        signal.abort()
        return result
      },
      { name: 'box-7', slots: 1, signal: signal.signal },
    )
    await training
    watched = await watchQueue(server.url, () => {})
    page = await serveBoard(await boardApp(watched), 0)
  })
  afterAll(async () => {
    finish()
    page.server.close()
    await watched[Symbol.asyncDispose]()
    await queue[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const get = async (path: string, options: RequestInit = {}) => {
    const answer = await fetch(new URL(path, page.url), options)
    return { status: answer.status, text: await answer.text() }
  }

  it('lists every job with its state, its progress and its worker', async () => {
    const { counts, runs } = JSON.parse((await get('/runs.json')).text)
    expect(counts).toEqual({ active: 1, failed: 1, waiting: 2, finished: 1 })
    expect(runs.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
      ['none/seed-3', 'active'],
      ['none/seed-2', 'failed'],
      ['none/seed-4', 'waiting'],
      ['', 'waiting'],
      ['none/seed-1', 'finished'],
    ])
    expect(runs[0].progress).toEqual(progress)
    expect(runs[1]).toMatchObject({ failures: 1, message: 'the <i>driver</i> crashed' })
    expect(runs[3].message).toContain('not a run that this version reads')
  })

  it('shows texts of the queue as texts, and no password', async () => {
    const { text, status } = await get('/')
    expect(status).toBe(200)
    expect(text).toContain('a &lt;b&gt;plan&lt;/b&gt;')
    expect(text).toContain('the &lt;i&gt;driver&lt;/i&gt; crashed')
    expect(text).toContain('3 of 12')
    expect(text).toMatch(/Workers: box-7\./)
    for (const unwanted of ['<b>', '<i>', '<script', 'geheim']) expect(text).not.toContain(unwanted)
  })

  it('has bull-board with its files, for reading only', async () => {
    const { status, text } = await get('/queue')
    expect([status, (await get('/queue/')).status]).toEqual([200, 200])
    const script = /src="([^"]+\.js)"/.exec(text)?.[1] ?? ''
    expect(script).not.toBe('')
    const base = new URL(/<base href="([^"]+)"/.exec(text)?.[1] ?? '/queue/', page.url)
    expect((await get(new URL(script, base).href)).status).toBe(200)
    const { queues } = JSON.parse((await get('/queue/api/queues?activeQueue=selectivity-lab-runs&page=1')).text)
    expect(queues).toMatchObject([{ name: 'selectivity-lab-runs', readOnlyMode: true, counts: { failed: 1 } }])
    for (const [method, path] of [
      ['PUT', '/queue/api/queues/selectivity-lab-runs/clean/failed'],
      ['POST', '/queue/api/queues/selectivity-lab-runs/add'],
      ['DELETE', '/'],
    ])
      expect((await get(path, { method })).status, path).toBe(405)
    expect(JSON.parse((await get('/runs.json')).text).counts.failed).toBe(1)
  })

  it('loads nothing from other servers', async () => {
    for (const path of ['/', '/queue']) {
      const policy = (await fetch(new URL(path, page.url))).headers.get('content-security-policy')
      expect(policy, path).toMatch(/^default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';/)
    }
    // Scripts in the page itself would not run under that policy.
    const { text } = await get('/queue')
    const scripts = [...text.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes)
    expect(scripts.length).toBeGreaterThan(0)
    for (const attributes of scripts) expect(attributes).toMatch(/src="|type="application\/json"/)
  })

  it('answers no request that came here under another name', async () => {
    const { request } = await import('node:http')
    const status = await new Promise((resolve, reject) => {
      const options = { headers: { host: 'evil.example:80' } }
      request(page.url, options, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(403)
  })

  it('listens on the loopback address only, and names a taken port', async () => {
    expect(page.server.address()).toMatchObject({ address: '127.0.0.1' })
    const { port } = page.server.address() as { port: number }
    await expect(serveBoard(await boardApp(watched), port)).rejects.toThrow(/port \d+ is taken; choose another/)
  })

  it('says so while its server is away, and ends all the same', async () => {
    await using other = await startRedis()
    const away = await watchQueue(other.url, () => {})
    const shown = await serveBoard(await boardApp(away, 300), 0)
    await other[Symbol.asyncDispose]()
    const answer = await fetch(shown.url)
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('does not answer')])
    shown.server.close()
    await away[Symbol.asyncDispose]()
  })

  it('does not start in a bundle', () => {
    expect(() => requireProject('file:///app/src/cli/board.js')).toThrow(/a bundle has no board/)
  })

  it('does not start without its server', async () => {
    const error: unknown = await board(['--queue', 'redis://127.0.0.1:1', '--port', '0']).catch((thrown) => thrown)
    expect(isUsage(error), String(error)).toBe(true)
    expect(String(error)).toContain('cannot reach Redis at redis://127.0.0.1:1')
  })
})
