/**
 * A sweep without training: `sweep.ts OPTIONS`; prints times and memory as JSON. A real Redis server, one process that sends
 * the runs and follows them as `plan --queue` does, and processes with simulated workers, each with connections of its own.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { expandPlan, parsePlan } from '../src/experiments/plan.ts'
import type { JobQueue } from '../src/experiments/queue/job-queue.ts'
import { bullQueue } from '../src/experiments/queue/node/bullmq.ts'
import { usualOptions } from '../src/experiments/queue/node/opened.ts'
import { jobOf } from '../src/experiments/queue/run-job.ts'
import { startRedis, withoutRedis } from '../src/testing/redis.ts'

interface Options {
  readonly jobs: number
  readonly workers: number
  /** Over which the workers are spread. */
  readonly processes: number
}

const never = new AbortController().signal

/** Jobs as a plan of ten arms has them. */
async function madeJobs(count: number) {
  const arms = Array.from({ length: 10 }, (_, i) => ({
    name: `arm-${i}`,
    changes: { 'regularizer.schedule': [{ fromEpoch: 0, toEpoch: 20, alpha: -i }] },
  }))
  const seeds = Array.from({ length: Math.ceil(count / arms.length) }, (_, i) => i + 1)
  const plan = parsePlan({ name: 'sweep', base: { train: { epochs: 20 } }, arms, seeds })
  const runs = expandPlan(plan).slice(0, count)
  const jobs = await Promise.all(runs.map((run) => jobOf(plan.name, run, plan.measure)))
  return jobs.map((job) => ({ id: job.id, data: job }))
}

const script = fileURLToPath(new URL('./sweep-workers.ts', import.meta.url))

/** Starts a process of workers. Resolves once they are connected. */
async function startWorkers(url: string, count: number, onDone: () => void): Promise<ChildProcess> {
  const child = fork(script, [url, String(count)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error('the process of the workers has ended')))
    child.on('message', (message) => (message === 'ready' ? resolve() : onDone()))
  })
  return child
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const began = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - began) / 1000 }
}

/** Reads the queue until no job is open, as often as `plan --queue` does. Returns the number of readings. */
async function follow(queue: JobQueue, ids: readonly string[], onRead: () => void): Promise<number> {
  let [open, readings] = [ids, 0]
  while (open.length > 0) {
    const { result: statuses, seconds } = await timed(() => queue.status(open))
    open = open.filter((_, i) => statuses[i]?.state !== 'finished')
    readings++
    onRead()
    await new Promise((resolve) => setTimeout(resolve, Math.max(1000, 4000 * seconds)))
    if (open.length > 0) await queue.changed(never)
  }
  return readings
}

async function usedBytes(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
}

const rss = () => process.memoryUsage.rss()

async function sweep({ jobs: count, workers, processes }: Options) {
  if (withoutRedis) throw new Error(withoutRedis)
  await using server = await startRedis()
  const client = new Redis(server.url)
  await using queue = await bullQueue({ ...usualOptions, url: server.url, onProblem: console.error })
  const jobs = await madeJobs(count)
  globalThis.gc?.()
  const [redisBefore, before] = [await usedBytes(client), rss()]
  const add = await timed(() => queue.add(jobs))
  const redisWaiting = await usedBytes(client)
  let [done, doneSeconds, peak, readings] = [0, 0, rss(), 0]
  const began = performance.now()
  const onDone = () => {
    done++
    if (done === count) doneSeconds = (performance.now() - began) / 1000
  }
  const shares = Array.from({ length: processes }, (_, i) => Math.ceil((workers - i) / processes))
  const children = await Promise.all(shares.map((share) => startWorkers(server.url, share, onDone)))
  const connected = performance.now()
  for (const child of children) child.send('begin')
  const followed = await timed(async () => {
    readings = await follow(
      queue,
      jobs.map(({ id }) => id),
      () => {
        peak = Math.max(peak, rss())
      },
    )
  })
  const redisAfter = await usedBytes(client)
  for (const child of children) {
    child.removeAllListeners('exit')
    child.kill()
  }
  client.disconnect()
  const workSeconds = doneSeconds - (connected - began) / 1000
  return {
    ...{ jobs: count, workers, processes, done, addSeconds: add.seconds, workSeconds, readings },
    followSeconds: followed.seconds,
    bytesWaiting: (redisWaiting - redisBefore) / count,
    bytesFinished: (redisAfter - redisBefore) / count,
    coordinator: { before, peak },
  }
}

process.stdout.write(`${JSON.stringify(await sweep(JSON.parse(process.argv[2])))}\n`, () => process.exit(0))
