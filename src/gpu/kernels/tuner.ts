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

/** The state of trying a work's candidates. */
interface Trial {
  readonly backend: LabBackend
  readonly gpu: Gpu
  readonly stopwatch: Stopwatch
  readonly inputs: readonly tf.Tensor[]
  readonly check: Check
  readonly rejected: Map<Candidate, string>
  readonly onTimed: (variant: string, seconds: number) => void
  /** Whether a rejected variant computed wrong values, rather than failing. */
  sawWrong: boolean
  /** The variant whose output is the reference of the check. */
  reference: Candidate | null
  best: { readonly candidate: Candidate; readonly seconds: number } | null
}

/** Runs work in error scopes. After an error no pooled buffer or pipeline is used again: it may be invalid. Rejects with the device's failure. */
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

/** Tries candidates in order until time is up. Those that agreed with a reference that proved wrong are tried again. */
async function tryAll(trial: Trial, candidates: readonly Candidate[], isOver: () => boolean): Promise<void> {
  const waiting = [...candidates]
  const accepted: Candidate[] = []
  for (let candidate = waiting.shift(); candidate && !isOver(); candidate = waiting.shift()) {
    const next = candidate
    const caught = await attempt(trial.gpu, trial.backend, () => tried(trial, next))
    const outcome: Outcome = 'error' in caught ? { right: false, reason: reasonOf(caught.error) } : caught.value
    if (!outcome.right) {
      trial.rejected.set(next, outcome.reason)
      trial.sawWrong ||= !('error' in caught)
      continue
    }
    if (outcome.overturned !== null) {
      waiting.unshift(...accepted.splice(0).filter((other) => other !== trial.reference))
      if (trial.reference) trial.rejected.set(trial.reference, outcome.overturned)
      trial.sawWrong = true
      trial.best = null
    }
    if (outcome.overturned !== null || !trial.reference) trial.reference = next
    accepted.push(next)
    const { seconds = Number.POSITIVE_INFINITY } = outcome
    trial.onTimed(next.name, seconds)
    if (!trial.best || seconds < trial.best.seconds) trial.best = { candidate: next, seconds }
  }
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
  readonly rejected: readonly RejectedVariant[]
}

async function fastest(
  backend: LabBackend,
  { work, candidates }: Plan,
  { isReady }: Compiling,
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
    return { best: null, rejected: [{ work: key, variant: 'all', reason: `no inputs: ${reasonOf(made.error)}` }] }
  }
  const check = createCheck(gpu, backend, work)
  const trial: Trial = {
    backend,
    gpu,
    stopwatch,
    inputs,
    check,
    rejected: new Map(),
    onTimed: (variant, seconds) => onTimed?.(work, variant, seconds),
    sawWrong: false,
    reference: null,
    best: null,
  }
  try {
    const ready = candidates.filter(isReady)
    const all = ready.length > 0 ? ready : candidates.slice(0, 1)
    // Continues past the time limit until a variant is correct: otherwise the work would run in a variant known to be
    // wrong.
    await tryAll(trial, all, () => signal.aborted || (trial.best !== null && now() > until))
    refuseWrongDriver(trial, key, all.length)
  } finally {
    disposeCheck(check)
    tf.dispose([...inputs])
  }
  const rejected = [...trial.rejected].map(([{ name: variant }, reason]) => ({ work: key, variant, reason }))
  return { best: trial.best?.candidate.name ?? null, rejected }
}

const keyOf = ({ operation, geometry }: Work): string => workKey(operation, geometry)

const arithmetic = ({ geometry, uses = 1 }: Work): number => flops(geometry) * uses

/**
 * Tries works in order. A GPU tries one while its driver compiles the programs of the next ones. A software adapter computes on the cores
 * that compile, and compiles a work's programs when its turn comes.
 */
async function tuneAll(backend: LabBackend, works: readonly Work[], tuner: Tuner): Promise<Omit<Tuning, 'seconds'>> {
  const { options, until } = tuner
  const { gpu, now, signal, onProgress, candidates = (one) => candidatesOf(backend, one) } = options
  const ordered = [...works].sort((a, b) => arithmetic(b) - arithmetic(a))
  const plans = ordered.map((work): Plan => ({ work, candidates: candidates(work) }))
  const choices: Record<string, string> = {}
  const rejected: RejectedVariant[] = []
  const isOver = () => signal.aborted || now() > until
  let [done, programs, waits] = [0, 0, true]
  const begin = (some: readonly Plan[]) =>
    beginCompiling(gpu, backend, some, {
      isOver,
      signal,
      onProgress: (ready, total) => {
        if (waits) onProgress(done, plans.length, `compiling ${ready} of ${total} programs`)
      },
    })
  const ahead = gpu.adapter.software || isOver() ? null : begin(plans)
  for (const plan of plans) {
    if (isOver()) break
    const compiling = ahead ?? begin([plan])
    waits = true
    await compiling.ready(plan)
    waits = false
    if (!ahead) programs += compiling.count()
    if (isOver()) break
    const key = keyOf(plan.work)
    onProgress(done, plans.length, key)
    const found = await fastest(backend, plan, compiling, tuner)
    if (found.best) choices[key] = found.best
    rejected.push(...found.rejected)
    done++
  }
  // What is being compiled would slow the first steps down.
  await ahead?.settled()
  onProgress(done, plans.length, '')
  return { choices, rejected, works: done, programs: ahead?.count() ?? programs }
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
