/** Trains plans on two workers, kills workers, trainers, the coordinator and the server at random, and compares the bytes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Random, stream } from '../../src/random.ts'
import { type RedisServer, startRedis } from '../../src/testing/redis.ts'
import { clear, readFolder } from './command.ts'
import { runDifference } from './record.ts'
import { scenarios, writeImages } from './scenarios.ts'

const script = fileURLToPath(new URL('../../scripts/lab.mjs', import.meta.url))

/** A process of the command line that can be killed with all that it started. */
export interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  readonly ended: Promise<number | null>
}

export function startLab(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: home,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString()
    })
  return { child, output: () => output, ended: new Promise((resolve) => child.on('close', resolve)) }
}

/** The processes that a process started; none where it has ended. Linux only. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Kills processes that may have ended by themselves. Returns how many there were. */
export function killAll(pids: readonly number[]): number {
  let killed = 0
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
      killed++
    } catch {}
  }
  return killed
}

const [{ config: crop }, , { config: plain }] = scenarios

const planOf = (name: string) => ({
  name,
  base: { ...plain, data: { ...plain.data, source: 'images' }, checkpoint: { resumeSteps: 1 } },
  arms: [{ name: 'none' }, { name: 'early', changes: { 'regularizer.schedule': crop.regularizer?.schedule } }],
  seeds: [1, 2],
  measure: { linearity: true },
})

const names = ['none/seed-1', 'early/seed-1', 'none/seed-2', 'early/seed-2']
const own = ['--untuned', '--no-cache']

export interface SweepOptions {
  readonly kills: number
  readonly seed: number
  /** An empty folder. */
  readonly home: string
}

/** A plan that was trained on workers. */
export interface TorturedSweep {
  readonly kills: readonly string[]
  /** What went wrong; null where the bytes are the same. */
  readonly failure: string | null
}

interface Setup extends SweepOptions {
  readonly server: RedisServer
  readonly random: Random
}

const withoutCheckpoints = (folder: string) =>
  new Map([...readFolder(folder)].filter(([path]) => !path.startsWith('checkpoints/')))

function differenceIn(home: string, out: string): string | null {
  for (const name of names) {
    const found = runDifference(
      withoutCheckpoints(join(home, 'local', name)),
      withoutCheckpoints(join(home, out, name)),
    )
    if (found !== null) return `${name}: ${found}`
  }
  return null
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** The most times that a process is started again. */
const mostStarts = 100

interface Kept {
  readonly now: () => Started
  /** Resolves when the process has ended well: null, or with its output when it never does. */
  readonly done: Promise<string | null>
  readonly stop: () => void
}

/** Starts a process again whenever it ends with a failure. */
function keepAlive(start: () => Started): Kept {
  let [now, stopping] = [start(), false]
  const done = (async () => {
    for (let starts = 1; starts < mostStarts; starts++) {
      if ((await now.ended) === 0 || stopping) return null
      now = start()
    }
    return now.output()
  })()
  const stop = () => {
    stopping = true
    now.child.kill('SIGTERM')
  }
  return { now: () => now, done, stop }
}

/** Kills something at random. Returns what, or null where nothing was there to be killed. */
async function killOne(server: RedisServer, random: Random, workers: readonly Started[], coordinator: Started) {
  const { child } = workers[random.integer(workers.length)]
  const mains = childrenOf(child.pid)
  const chosen = random.uniform()
  if (chosen < 0.5) return killAll(mains) > 0 ? 'a worker' : null
  if (chosen < 0.7) return killAll(mains.flatMap(childrenOf)) > 0 ? 'a trainer' : null
  if (chosen < 0.85) return killAll(childrenOf(coordinator.child.pid)) > 0 ? 'the coordinator' : null
  await server.restart(random.integer(3000))
  return 'the server'
}

async function tortureOne({ server, random, home }: Setup, number: number, most: number): Promise<TorturedSweep> {
  const name = `sweep-${number}`
  writeFileSync(join(home, `${name}.json`), JSON.stringify(planOf(name)))
  const url = `${server.url}/${number % 16}`
  const env = { LAB_QUEUE_LOCK: '3000' }
  const work = ['work', '--queue', url, '--data', 'images', '--runs', 'runs', ...own]
  const coordinator = keepAlive(() => startLab(home, ['plan', `${name}.json`, '--queue', url, '--out', name], env))
  const workers = [0, 1].map(() => keepAlive(() => startLab(home, work, env)))
  const kills: string[] = []
  let failure: string | null | undefined
  coordinator.done.then((output) => {
    failure = output
  })
  while (failure === undefined) {
    await pause(500 + random.integer(6000))
    if (failure !== undefined || kills.length >= most) continue
    const killed = await killOne(
      server,
      random,
      workers.map(({ now }) => now()),
      coordinator.now(),
    )
    if (killed !== null) kills.push(killed)
  }
  for (const { stop } of workers) stop()
  for (const { done } of workers) await done
  return { kills, failure: failure ?? differenceIn(home, name) }
}

/** Trains plans until there are as many kills as asked for; yields each plan as it ends. */
export async function* tortureSweeps(options: SweepOptions): AsyncGenerator<TorturedSweep> {
  const { home, seed } = options
  mkdirSync(home, { recursive: true })
  await writeImages(join(home, 'images'))
  await using server = await startRedis({ password: 'torture' })
  const setup = { ...options, server, random: stream(seed, 'sweeps') }
  writeFileSync(join(home, 'local.json'), JSON.stringify(planOf('local')))
  const local = startLab(home, ['plan', 'local.json', '--out', 'local', ...own])
  if ((await local.ended) !== 0) throw new Error(`the plan in one process did not finish:\n${local.output()}`)
  for (let number = 0, left = options.kills; left > 0; number++) {
    clear(join(home, `sweep-${number}`))
    const sweep = await tortureOne(setup, number, Math.min(left, 8))
    // A plan that ends before anything was killed counts, so that this ends.
    left -= Math.max(1, sweep.kills.length)
    yield sweep
  }
}
