/**
 * Chooses the fastest correct variant of each convolution on the current adapter. Every variant is checked before it is
 * timed; one that fails or computes wrong values is rejected. Variants differ in the order of a sum alone, and the
 * choice is recorded with the run.
 */
import * as tf from '@tensorflow/tfjs'
import { messageOf } from '../../message.ts'
import type { RejectedVariant } from '../../protocol/environment.ts'
import { DeviceError } from '../device.ts'
import { type Caught, inErrorScopes } from '../error-scopes.ts'
import type { LabBackend } from '../lab-backend.ts'
import { type Gpu, unlessFailed } from '../read.ts'
import { beginCompiling, type Candidate, type Compiling, candidatesOf, type Plan } from './candidates.ts'
import { type Check, checkOutput, createCheck, disposeCheck, type Verdict } from './check/check.ts'
import { randomInputs } from './check/inputs.ts'
import { type Choices, workKey } from './choose.ts'
import { flops } from './conv/geometry.ts'
import { convolve } from './conv/operations.ts'
import type { Variant } from './schemes.ts'
import { type Clock, createStopwatch, type Stopwatch, type TimingOptions, timed, timedAgainst } from './stopwatch.ts'
import type { Work } from './work.ts'

export interface TuneOptions {
  readonly gpu: Gpu
  /** Seconds after which the remaining works are guessed. */
  readonly seconds: number
  readonly now: Clock
  readonly onProgress: (done: number, total: number, work: string) => void
  /** Ends the tuning; choices made before are returned. */
  readonly signal: AbortSignal
  /** Told the seconds of each variant that was timed. */
  readonly onTimed?: (work: Work, variant: string, seconds: number) => void
  /** The variants to try, the most trusted first; by default all that suit the adapter. */
  readonly candidates?: (work: Work) => readonly Candidate[]
}

export interface Tuned {
  /** By work; absent for works that were not timed. */
  readonly choices: Choices
  readonly rejected: readonly RejectedVariant[]
}

/** What tuning took. */
export interface Tuning extends Tuned {
  /** Works that were timed, and programs that were compiled for that. */
  readonly works: number
  readonly programs: number
  /** Keys of works with a choice for which not all candidates were tried. */
  readonly unfinished: readonly string[]
  readonly seconds: number
}

/** Seconds that a variant of a work takes on the given inputs. */
export const timedVariant = (
  stopwatch: Stopwatch,
  backend: LabBackend,
  { operation, geometry }: Work,
  [a, b]: readonly tf.Tensor[],
  variant: Variant,
  options: TimingOptions,
): Promise<number> =>
  timed(stopwatch, () => backend.disposeData(convolve(backend, operation, geometry, [a, b], variant).dataId), options)

/** Resolves once a candidate can be tried. */
type Ready = (candidate: Candidate) => Promise<void>

/** The state of trying a work's candidates. */
interface Trial {
  readonly backend: LabBackend
  readonly gpu: Gpu
  readonly stopwatch: Stopwatch
  readonly inputs: readonly tf.Tensor[]
  readonly check: Check
  readonly rejected: Map<Candidate, string>
  readonly ready: Ready
  readonly onTimed: (variant: string, seconds: number) => void
  /** Whether a rejected variant computed wrong values, rather than failing. */
  sawWrong: boolean
  /** The variant whose output is the reference of the check. */
  reference: Candidate | null
  best: { readonly candidate: Candidate; readonly seconds: number } | null
}

/**
 * Runs work in error scopes. After an error no pooled buffer and no unproven pipeline is used again: it may be invalid. Rejects with the
 * device's failure.
 */
async function attempt<T>(gpu: Gpu, backend: LabBackend, work: () => Promise<T>): Promise<Caught<T>> {
  backend.flush()
  const caught = await inErrorScopes(gpu, async () => {
    try {
      return await work()
    } finally {
      backend.flush()
    }
  })
  const failure = gpu.failure()
  if (failure) throw failure
  if ('error' in caught) backend.forgetResources()
  return caught
}

type Outcome = Verdict & { readonly seconds?: number }

/** Checks a candidate, and times it if it is correct. */
async function tried({ backend, inputs, check, best, stopwatch }: Trial, candidate: Candidate): Promise<Outcome> {
  const run = () => candidate.run(inputs[0], inputs[1])
  // Otherwise a variant that writes nothing could return the output of the variant before it.
  backend.clearBuffers()
  const verdict = await checkOutput(check, tf.engine().makeTensorFromTensorInfo(run(), backend))
  if (!verdict.right) return verdict
  const work = () => backend.disposeData(run().dataId)
  return { ...verdict, seconds: await timedAgainst(stopwatch, work, best?.seconds ?? null) }
}

/** The reason in one line, for the run's record. */
const reasonOf = (error: Error): string => messageOf(error).split('\n')[0].slice(0, 300)

/**
 * Tries candidates in order until time is up. Those that agreed with a reference that proved wrong are tried again. Resolves to whether
 * all were tried.
 */
async function tryAll(trial: Trial, candidates: readonly Candidate[], isOver: () => boolean): Promise<boolean> {
  const waiting = [...candidates]
  const accepted: Candidate[] = []
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const candidate = next
    if (!isOver()) await trial.ready(candidate)
    if (isOver()) return false
    const caught = await attempt(trial.gpu, trial.backend, () => tried(trial, candidate))
    const outcome: Outcome = 'error' in caught ? { right: false, reason: reasonOf(caught.error) } : caught.value
    if (!outcome.right) {
      trial.rejected.set(candidate, outcome.reason)
      trial.sawWrong ||= !('error' in caught)
      continue
    }
    if (outcome.overturned !== null) {
      waiting.unshift(...accepted.splice(0).filter((other) => other !== trial.reference))
      if (trial.reference) trial.rejected.set(trial.reference, outcome.overturned)
      trial.sawWrong = true
      trial.best = null
    }
    if (outcome.overturned !== null || !trial.reference) trial.reference = candidate
    accepted.push(candidate)
    const { seconds = Number.POSITIVE_INFINITY } = outcome
    trial.onTimed(candidate.name, seconds)
    if (!trial.best || seconds < trial.best.seconds) trial.best = { candidate, seconds }
  }
  return true
}

/** Throws if every variant ran and all computed wrong values: training on such a driver would be wrong, too. */
function refuseWrongDriver({ best, rejected, sawWrong, gpu }: Trial, work: string, tried: number): void {
  if (best || !sawWrong || rejected.size < tried) return
  const [reason] = [...rejected.values()]
  throw new DeviceError(
    'self-test',
    `The GPU driver computes wrong numbers: on ${gpu.adapter.name} every variant of ${work} is wrong or fails (${reason}). Update the driver or choose another GPU.`,
  )
}

/** What the trials of all works share. */
interface Tuner {
  readonly options: TuneOptions
  readonly stopwatch: Stopwatch
  /** When the time is up, in milliseconds. */
  readonly until: number
}

interface Found {
  readonly best: string | null
  /** Whether all candidates were tried. */
  readonly finished: boolean
  readonly rejected: readonly RejectedVariant[]
}

async function fastest(
  backend: LabBackend,
  { work, candidates }: Plan,
  ready: Ready,
  { options, stopwatch, until }: Tuner,
): Promise<Found> {
  const { gpu, now, signal, onTimed } = options
  const key = keyOf(work)
  // Those of the work before have other sizes.
  backend.forgetBuffers()
  let inputs: readonly tf.Tensor[] = []
  const made = await attempt(gpu, backend, async () => {
    inputs = randomInputs(work)
  })
  if ('error' in made) {
    tf.dispose([...inputs])
    // After an error the buffers of the inputs may be invalid.
    backend.forgetBuffers()
    return {
      best: null,
      finished: true,
      rejected: [{ work: key, variant: 'all', reason: `no inputs: ${reasonOf(made.error)}` }],
    }
  }
  const check = createCheck(gpu, backend, work)
  const trial: Trial = {
    backend,
    gpu,
    stopwatch,
    inputs,
    check,
    rejected: new Map(),
    ready,
    onTimed: (variant, seconds) => onTimed?.(work, variant, seconds),
    sawWrong: false,
    reference: null,
    best: null,
  }
  let finished = false
  try {
    // Continues past the time limit until a variant is correct: otherwise the work would run in a variant known to be
    // wrong.
    finished = await tryAll(trial, candidates, () => signal.aborted || (trial.best !== null && now() > until))
    refuseWrongDriver(trial, key, candidates.length)
  } finally {
    disposeCheck(check)
    tf.dispose([...inputs])
  }
  const rejected = [...trial.rejected].map(([{ name: variant }, reason]) => ({ work: key, variant, reason }))
  return { best: trial.best?.candidate.name ?? null, finished, rejected }
}

const keyOf = ({ operation, geometry }: Work): string => workKey(operation, geometry)

const arithmetic = ({ geometry, uses = 1 }: Work): number => flops(geometry) * uses

/** Compiles the programs of works, and reports progress while it is waited for. */
function createCompiler(backend: LabBackend, { options, until }: Tuner, report: (what: string) => void) {
  const { gpu, now, signal } = options
  let [programs, waits, ended] = [0, false, false]
  const say = (count: number, total: number) => report(`compiling ${count} of ${total} programs`)
  const begin = (plans: readonly Plan[]): Compiling =>
    beginCompiling(gpu, backend, plans, {
      isOver: () => ended || now() > until,
      signal,
      onProgress: (count, total) => {
        programs++
        if (waits) say(count, total)
      },
    })
  const waitFor = async ({ count, total }: Compiling, work: () => Promise<void>) => {
    waits = true
    say(count(), total)
    try {
      await work()
    } finally {
      waits = false
    }
  }
  return {
    begin,
    /** Waits for the programs of a work's candidate. */
    ready: async (compiling: Compiling, candidate: Candidate, work: string) => {
      if (compiling.isReady(candidate)) return
      await waitFor(compiling, () => compiling.ready(candidate))
      report(work)
    },
    /** Waits for all programs that have begun to compile. */
    settled: async (compiling: Compiling) => {
      if (compiling.total > compiling.count()) await waitFor(compiling, compiling.settled)
    },
    programs: () => programs,
    /** Begins no further program. */
    end: () => {
      ended = true
    },
  }
}

/**
 * Tries works in order. A GPU with time stamps tries one while its driver compiles the programs of the next ones. Where the clock tells
 * the time, and on a software adapter, which computes on the cores that compile, all programs of a work are compiled before it is tried.
 */
async function tuneAll(backend: LabBackend, works: readonly Work[], tuner: Tuner): Promise<Omit<Tuning, 'seconds'>> {
  const { options, until, stopwatch } = tuner
  const { gpu, now, signal, onProgress, candidates = (one) => candidatesOf(backend, one) } = options
  const ordered = [...works].sort((a, b) => arithmetic(b) - arithmetic(a))
  const plans = ordered.map((work): Plan => ({ work, candidates: candidates(work) }))
  const choices: Record<string, string> = {}
  const rejected: RejectedVariant[] = []
  const unfinished: string[] = []
  const isOver = () => signal.aborted || now() > until
  let done = 0
  const compiler = createCompiler(backend, tuner, (what) => onProgress(done, plans.length, what))
  const compilesFirst = gpu.adapter.software || !stopwatch.stamped
  const ahead = compilesFirst || isOver() ? null : compiler.begin(plans)
  try {
    for (const plan of plans) {
      if (isOver()) break
      const compiling = ahead ?? compiler.begin([plan])
      if (!ahead) await compiler.settled(compiling)
      const key = keyOf(plan.work)
      onProgress(done, plans.length, key)
      const found = await fastest(backend, plan, (candidate) => compiler.ready(compiling, candidate, key), tuner)
      rejected.push(...found.rejected)
      if (found.best) choices[key] = found.best
      else if (isOver()) break
      if (!found.finished) unfinished.push(key)
      done++
    }
  } finally {
    compiler.end()
  }
  // What is being compiled would slow the first steps down.
  if (ahead) await compiler.settled(ahead)
  onProgress(done, plans.length, '')
  return { choices, rejected, unfinished, works: done, programs: compiler.programs() }
}

/**
 * Checks and times each work, those with most arithmetic first. Resolves with the choices made before the time was over or
 * `signal` aborted, and with the rejected variants. Rejects with DeviceError when the device fails or when every variant of a
 * work computes wrong values.
 */
export async function tune(backend: LabBackend, works: readonly Work[], options: TuneOptions): Promise<Tuning> {
  const { gpu, now } = options
  const began = now()
  const stopwatch = await unlessFailed(gpu, createStopwatch(backend, now, gpu.adapter.software))
  try {
    const tuned = await tuneAll(backend, works, { options, stopwatch, until: began + 1000 * options.seconds })
    return { ...tuned, seconds: (now() - began) / 1000 }
  } finally {
    stopwatch.dispose()
  }
}
