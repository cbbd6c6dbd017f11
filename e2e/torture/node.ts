/** Interrupts runs of the command line at random points, resumes them until they finish, and compares the bytes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, stream } from '../../src/random.ts'
import { clear, type Ended, hasPoint, type Kill, readFolder, trainUntil } from './command.ts'
import { type RunBytes, runDifference } from './record.ts'
import { type Scenario, scenarios, writeImages } from './scenarios.ts'

/** A scenario with what its uninterrupted run wrote. */
interface Reference {
  readonly scenario: Scenario
  /** Arguments of the first attempt. */
  readonly args: readonly string[]
  readonly bytes: RunBytes
  readonly operations: number
  readonly milliseconds: number
}

/** One run that is interrupted again and again. */
export interface Chain {
  readonly number: number
  readonly scenario: string
  /** Where it was interrupted. */
  readonly points: readonly string[]
  /** What went wrong; null where the bytes are the same. */
  readonly failure: string | null
  readonly folder: string
}

const isFinished = ({ code }: Ended) => code === 0

/** Writes a log that `--replay` reads: the steps of a run with other values of α. */
function writeReplay(path: string, log: string, alphas: readonly number[]): void {
  const lines = log.trimEnd().split('\n')
  const events = lines.map((line): Record<string, unknown> => JSON.parse(line))
  const moved = events.map((event) =>
    event.type === 'step' ? { ...event, held: true, alpha: alphas[Number(event.step) - 1] } : event,
  )
  writeFileSync(path, moved.map((event) => `${JSON.stringify(event)}\n`).join(''))
}

async function trainWhole(folder: string, args: readonly string[]): Promise<Ended> {
  clear(folder)
  const ended = await trainUntil(folder, args, null)
  if (!isFinished(ended)) throw new Error(`an uninterrupted run did not finish:\n${ended.output}`)
  return ended
}

/** Trains a scenario without interruption. */
async function referenceOf(scenario: Scenario, home: string, images: string): Promise<Reference> {
  const config = join(home, `${scenario.name}.json`)
  const data = { ...scenario.config.data, source: images }
  writeFileSync(config, JSON.stringify({ name: scenario.name, ...scenario.config, data }))
  const args = ['--config', config]
  const folder = join(home, `${scenario.name}-whole`)
  const ended = await trainWhole(folder, args)
  if (!scenario.alphas) return { scenario, args, bytes: readFolder(folder), ...ended }
  const replay = join(home, `${scenario.name}-replay.jsonl`)
  writeReplay(replay, readFileSync(join(folder, 'events.jsonl'), 'utf8'), scenario.alphas)
  const replayed = [...args, '--replay', replay]
  return { scenario, args: replayed, ...(await trainWhole(folder, replayed)), bytes: readFolder(folder) }
}

/** A third by time; the others by operation: often among the first, where a resumed run prepares its files. */
function killOf(random: Random, { operations, milliseconds }: Reference): Kill {
  if (random.uniform() < 1 / 3) return { by: 'time', milliseconds: Math.round(random.uniform() * milliseconds) }
  const early = random.uniform() < 0.4
  return {
    by: 'operation',
    at: random.integer(early ? 40 : operations),
    how: (['before', 'within', 'after'] as const)[random.integer(3)],
    share: random.uniform(),
    power: random.uniform() < 0.5,
  }
}

const textOf = (kill: Kill) =>
  kill.by === 'time' ? '' : `, operation ${kill.at}${kill.power ? ', without power' : ''}`

const steps = (log: string): number[] =>
  log
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const { type, step } = JSON.parse(line) as { type: string; step: number }
      return type === 'step' ? [step] : []
    })

const logOf = (folder: string): string => {
  try {
    return readFileSync(join(folder, 'events.jsonl'), 'utf8')
  } catch {
    return ''
  }
}

/** The steps of a run that may be in flight when a point is due. */
const inFlight = 4

/** What a resumed run lost beyond what it may lose: two points are kept, and the newer one may be damaged. */
function excessLoss(before: string, after: string, { pointSteps }: Scenario): string | null {
  const reached = steps(before).at(-1) ?? 0
  const starts = after
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { type: string; fromStep?: number })
    .filter(({ type }) => type === 'start')
  const from = starts.at(-1)?.fromStep ?? 0
  const least = reached - 2 * pointSteps - inFlight
  return from < least ? `the run had recorded step ${reached}, but resumed from step ${from}` : null
}

interface Attempt {
  readonly ended: Ended
  readonly problem: string | null
}

/** One attempt: the first one, a resumed one, or, where no point was saved yet, another first one. */
async function attempt(folder: string, reference: Reference, kill: Kill | null): Promise<Attempt> {
  const isResumed = hasPoint(folder)
  if (!isResumed) clear(folder)
  const before = logOf(folder)
  const ended = await trainUntil(folder, isResumed ? ['--resume'] : reference.args, kill)
  if (ended.killed !== null) return { ended, problem: null }
  if (!isFinished(ended)) return { ended, problem: `exit code ${ended.code}:\n${ended.output}` }
  return { ended, problem: isResumed ? excessLoss(before, logOf(folder), reference.scenario) : null }
}

/** Interrupts one run at most `most` times and lets it finish. The seed and the number determine where. */
async function runChain(number: number, seed: number, most: number, home: string, all: readonly Reference[]) {
  const random = stream(seed, 'chain', number)
  const reference = all[number % all.length]
  const folder = join(home, `chain-${number}`)
  const points: string[] = []
  const chain = (failure: string | null): Chain => ({
    number,
    scenario: reference.scenario.name,
    points,
    failure,
    folder,
  })
  clear(folder)
  for (;;) {
    const kill = points.length < most ? killOf(random, reference) : null
    const { ended, problem } = await attempt(folder, reference, kill)
    if (problem !== null) return chain(problem)
    if (ended.killed === null) return chain(runDifference(reference.bytes, readFolder(folder)))
    points.push(`${ended.killed}${kill ? textOf(kill) : ''}`)
  }
}

export interface NodeOptions {
  /** Interruptions in all. */
  readonly points: number
  readonly seed: number
  /** Only this chain. */
  readonly chain: number | null
  /** Chains at the same time. */
  readonly jobs: number
  /** An empty folder. */
  readonly home: string
  /** Names of scenarios; all by default. */
  readonly only?: readonly string[]
  /** The most interruptions of one run. */
  readonly perChain?: number
}

/** Interrupts runs until there are as many points as asked for; yields each run as it ends. */
export async function* tortureNode(options: NodeOptions): AsyncGenerator<Chain> {
  const { points, seed, home, jobs, only, perChain = 5 } = options
  const images = join(home, 'images')
  mkdirSync(home, { recursive: true })
  await writeImages(images)
  const references: Reference[] = []
  for (const scenario of scenarios)
    if (!only || only.includes(scenario.name)) references.push(await referenceOf(scenario, home, images))
  if (options.chain !== null) {
    yield await runChain(options.chain, seed, perChain, home, references)
    return
  }
  let [next, done] = [0, 0]
  const running = new Map<number, Promise<Chain>>()
  while (done < points || running.size > 0) {
    while (running.size < jobs && done + perChain * running.size < points) {
      running.set(next, runChain(next, seed, perChain, home, references))
      next++
    }
    const chain = await Promise.race(running.values())
    running.delete(chain.number)
    done += chain.points.length
    yield chain
  }
}
