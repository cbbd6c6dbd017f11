import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedis, withoutRedis } from '../../testing/redis.ts'
import { Hopeless, type JobQueue, type JobStatus, PutBack, type Work } from './job-queue.ts'
import { localQueue } from './local.ts'
import { bullQueue } from './node/bullmq.ts'

const quick = { attempts: 3, delay: 5 }
const never = new AbortController().signal

let shared: Promise<RedisServer> | undefined
let databases = 0
/** A database of its own for each test. */
async function address(): Promise<string> {
  shared ??= startRedis({ password: 'a secret/word' })
  return `${(await shared).url}/${databases++}`
}
afterAll(async () => (await shared)?.[Symbol.asyncDispose]())

const onRedis = async (url?: string, lockDuration = 1000) =>
  bullQueue({ ...quick, url: url ?? (await address()), lockDuration, onProblem: () => {} })

const jobs = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `job-${i}`, data: { number: i } }))
const ids = (count: number) => jobs(count).map(({ id }) => id)
const drain = { name: 'worker', slots: 1, signal: never, untilSettled: true }

async function settled(queue: JobQueue, all: readonly string[]): Promise<(JobStatus | null)[]> {
  for (;;) {
    await queue.changed(never)
    const found = await queue.status(all)
    if (found.every((job) => job?.state === 'finished' || job?.state === 'failed')) return found
  }
}

const queues = [
  ['in this process', async () => localQueue(quick), null],
  ['on Redis', () => onRedis(), withoutRedis],
] as const

describe.each(queues)('a queue %s', (_, open, without) => {
  const test = it.skipIf(without !== null)

  test('works on every job once, in order of priority, and keeps what each returns', async () => {
    await using queue = await open()
    const urgent = { id: 'urgent', data: { number: 9 }, priority: 0 }
    expect(await queue.add([...jobs(3).map((job) => ({ ...job, priority: 2 })), urgent])).toBe(4)
    const seen: unknown[] = []
    await queue.work(async ({ data, report }) => {
      seen.push(data)
      await report({ half: true })
      return { from: data }
    }, drain)
    expect(seen).toEqual([9, 0, 1, 2].map((number) => ({ number })))
    expect(await queue.status(['urgent', 'other'])).toEqual([
      {
        id: 'urgent',
        state: 'finished',
        failures: 0,
        error: '',
        progress: { half: true },
        result: { from: { number: 9 } },
      },
      null,
    ])
  })

  test('adds nothing when a job is added again, also after it has finished', async () => {
    await using queue = await open()
    expect(await queue.add(jobs(2))).toBe(2)
    expect(await queue.add(jobs(3))).toBe(1)
    let count = 0
    const work: Work = async () => ++count
    await queue.work(work, drain)
    expect(await queue.add(jobs(3))).toBe(0)
    await queue.work(work, drain)
    expect(count).toBe(3)
  })

  test('ends a job that always fails after its attempts, and goes on with the rest', async () => {
    await using queue = await open()
    await queue.add(jobs(4))
    const tries: Record<string, number> = {}
    await queue.work(async ({ id }) => {
      tries[id] = (tries[id] ?? 0) + 1
      if (id === 'job-0') throw new Error('it never works')
      if (id === 'job-1') throw new Hopeless('it cannot work')
      if (id === 'job-2' && tries[id] < 3) throw new Error('not yet')
      return {}
    }, drain)
    expect(tries).toEqual({ 'job-0': 3, 'job-1': 1, 'job-2': 3, 'job-3': 1 })
    expect((await queue.status(ids(4))).map((job) => [job?.state, job?.failures, job?.error])).toEqual([
      ['failed', 3, 'it never works'],
      ['failed', 1, 'it cannot work'],
      ['finished', 2, expect.anything()],
      ['finished', 0, ''],
    ])
    expect(await queue.retry(ids(4))).toBe(2)
    await queue.work(async () => ({}), drain)
    expect((await queue.status(ids(4))).every((job) => job?.state === 'finished')).toBe(true)
  })

  test('gives a job that a worker puts back to another one, without counting a failure', async () => {
    await using queue = await open()
    await queue.add(jobs(1))
    const stopping = new AbortController()
    const stopped: Work = async () => {
      stopping.abort()
      throw new PutBack()
    }
    await queue.work(stopped, { ...drain, untilSettled: false, signal: stopping.signal })
    expect(await queue.status(['job-0'])).toMatchObject([{ state: 'waiting', failures: 0 }])
    await queue.work(async ({ number }) => ({ number }), drain)
    expect(await queue.status(['job-0'])).toMatchObject([{ state: 'finished', failures: 0, result: { number: 2 } }])
  })

  test('tells who watches, agrees on first values, keeps bytes, and forgets removed jobs', async () => {
    await using queue = await open()
    await queue.add(jobs(2))
    const [found] = await Promise.all([settled(queue, ids(2)), queue.work(async () => ({}), drain)])
    expect(found).toHaveLength(2)
    expect([await queue.agree('images', 'a'), await queue.agree('images', 'b')]).toEqual(['a', 'a'])
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 3)
    await queue.keep('bundle', bytes)
    expect(Buffer.compare((await queue.kept('bundle')) ?? Buffer.alloc(0), bytes)).toBe(0)
    expect(await queue.kept('nothing')).toBe(null)
    await queue.remove(['job-0'])
    expect(await queue.status(ids(2))).toMatchObject([null, { state: 'finished' }])
    const controller = new AbortController()
    await queue.changed(never)
    const waiting = queue.changed(controller.signal)
    controller.abort()
    await expect(waiting).rejects.toThrow()
  })

  test('loses and doubles none of 1,000 jobs on 8 workers', async () => {
    await using queue = await open()
    expect(await queue.add(jobs(1000))).toBe(1000)
    const counts = new Map<string, number>()
    const work: Work = async ({ id }) => {
      counts.set(id, (counts.get(id) ?? 0) + 1)
      return { id }
    }
    const workers = Array.from({ length: 8 }, (_, i) =>
      queue.work(work, { ...drain, name: `worker-${i}`, signal: new AbortController().signal }),
    )
    await Promise.all(workers)
    expect([counts.size, new Set(counts.values())]).toEqual([1000, new Set([1])])
    const found = await queue.status(ids(1000))
    expect(found.map((job) => job?.result)).toEqual(ids(1000).map((id) => ({ id })))
  })
})

describe.skipIf(withoutRedis !== null)('a queue on Redis', () => {
  it('gives the job of a worker that was killed to another one', async () => {
    const url = await address()
    await using queue = await onRedis(url)
    await queue.add(jobs(1))
    const script = fileURLToPath(new URL('../../testing/queue-worker.mts', import.meta.url))
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    // The worker prints a line when it has the job.
    await new Promise((resolve) => child.stdout.once('data', resolve))
    expect(await queue.workers()).toEqual([{ name: 'doomed' }])
    child.kill('SIGKILL')
    await queue.work(async ({ number }) => ({ number }), drain)
    expect(await queue.status(['job-0'])).toMatchObject([{ state: 'finished', result: { number: 2 } }])
  })

  it('keeps every job and result while the server is killed and starts again', async () => {
    await using server = await startRedis()
    await using queue = await onRedis(server.url, 1500)
    await queue.add(jobs(60))
    const done: string[] = []
    let restarted: Promise<void> | undefined
    const work: Work = async ({ id, signal }) => {
      if (done.length >= 20) restarted ??= server.restart(100)
      await new Promise((resolve) => setTimeout(resolve, 10))
      if (signal.aborted) throw new PutBack()
      done.push(id)
      return { id }
    }
    await Promise.all([0, 1].map((i) => queue.work(work, { ...drain, name: `worker-${i}`, slots: 2 })))
    expect(restarted).toBeDefined()
    await restarted
    const found = await queue.status(ids(60))
    expect(found.map((job) => job?.result)).toEqual(ids(60).map((id) => ({ id })))
    expect(new Set(done).size).toBe(60)
  })

  it('lets a worker end while the server does not answer, and gives its job to another one later', async () => {
    await using server = await startRedis()
    await using queue = await onRedis(server.url)
    await queue.add(jobs(1))
    const stopping = new AbortController()
    const work: Work = async ({ signal }) => {
      server.suspend()
      stopping.abort()
      expect(signal.aborted).toBe(true)
      throw new PutBack()
    }
    await queue.work(work, { ...drain, signal: stopping.signal })
    server.resume()
    await queue.work(async () => ({}), drain)
    expect(await queue.status(['job-0'])).toMatchObject([{ state: 'finished', failures: 0 }])
  })

  it('says what is wrong with a server, without its password', async () => {
    const url = await address()
    const message = async (other: string) =>
      bullQueue({ ...quick, url: other, lockDuration: 1000, onProblem: () => {} }).then(
        () => 'opened',
        (error: unknown) => String(error),
      )
    const wrong = await message(url.replace('secret', 'wrong'))
    expect(wrong).toMatch(/refuses the password/)
    expect(await message(url.replace(/\/\/:[^@]*@/, '//'))).toMatch(/refuses the password/)
    expect(await message(url.replace(/\d+$/, '99'))).toMatch(/has no database 99/)
    expect(await message('redis://:hunter2@127.0.0.1:1')).toMatch(/cannot reach Redis at redis:\/\/127\.0\.0\.1:1 /)
    expect(await message('http://:hunter2@host')).toMatch(/invalid address of the queue/)
    expect(await message('redis://:hunter2@host/a')).toMatch(/must be a number/)
    expect(wrong).not.toMatch(/wrong|hunter2/)
  })

  it('reads past a job whose data are damaged, which can be sent again', async () => {
    const url = await address()
    await using queue = await onRedis(url)
    await queue.add(jobs(2))
    const client = new Redis(url)
    await client.hset('bull:selectivity-lab-runs:job-0', 'data', '{no JSON')
    client.disconnect()
    expect(await queue.status(ids(2))).toMatchObject([null, { state: 'waiting' }])
    expect(await queue.add(jobs(2))).toBe(1)
    await queue.work(async () => ({}), drain)
    expect((await queue.status(ids(2))).map((job) => job?.state)).toEqual(['finished', 'finished'])
  })

  it('does not return bytes of which a part is missing or has another length', async () => {
    const url = await address()
    await using queue = await onRedis(url)
    await queue.keep('bundle', new Uint8Array(2_000_000))
    const client = new Redis(url)
    const [chunk] = (await client.keys('selectivity-lab:kept:bundle:*')).sort()
    await client.append(chunk, 'more')
    expect(await queue.kept('bundle')).toBe(null)
    await client.del(chunk)
    expect(await queue.kept('bundle')).toBe(null)
    client.disconnect()
  })
})
