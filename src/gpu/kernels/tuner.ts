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
import type { Gpu } from '../read.ts'
import { type Check, checkOutput, createCheck, disposeCheck, type Verdict } from './check/check.ts'
import { randomInputs } from './check/inputs.ts'
import { busyWorkgroups, type Choices, chosenVariant, schemesFor, splitsFor, workKey } from './choose.ts'
import { flops } from './conv/geometry.ts'
import { convolve } from './conv/operations.ts'
import { hasPanels, type Scheme, type Variant, variantName } from './schemes.ts'
import { type Clock, type TimingOptions, timed } from './stopwatch.ts'
import type { Work } from './work.ts'

/** One way to compute a work. `run` records it; the caller disposes the result. */
export interface Candidate {
  readonly name: string
  readonly run: (a: tf.TensorInfo, b: tf.TensorInfo) => tf.TensorInfo
}

export interface TuneOptions {
  readonly gpu: Gpu
  /** Seconds after which the remaining works are guessed. */
  readonly seconds: number
  readonly now: Clock
  readonly onProgress: (done: number, total: number, work: string) => void
  /** Ends the tuning; choices made before are returned. */
  readonly signal: AbortSignal
  /** The variants to try, the most trusted first; by default all that suit the adapter. */
  readonly candidates?: (work: Work) => readonly Candidate[]
}

export interface Tuned {
  /** By work; absent for works that were not timed. */
  readonly choices: Choices
  readonly rejected: readonly RejectedVariant[]
}

/** On hardware only panels: quads and single threads leave most lanes of a subgroup idle there. */
function suitableSchemes(backend: LabBackend, { operation, geometry }: Work): Scheme[] {
  const usable = schemesFor(backend, operation, geometry)
  const panels = usable.filter(hasPanels)
  return backend.choices.adapter.software || panels.length === 0 ? usable : panels
}

/** Each scheme whole, and split so that the adapter is busy; the guess first. */
function candidatesOf(backend: LabBackend, work: Work): Candidate[] {
  const { operation, geometry } = work
  const guess = chosenVariant(backend, operation, geometry)
  const variants = suitableSchemes(backend, work).flatMap((scheme): Variant[] => {
    const wanted = splitsFor(operation, geometry, scheme, busyWorkgroups(backend))
    return [...new Set([1, wanted, Math.ceil(wanted / 4)])].map((splits) => ({ scheme, splits }))
  })
  const byName = new Map([guess, ...variants].map((variant) => [variantName(variant), variant]))
  return [...byName].map(([name, variant]) => ({
    name,
    run: (a, b) => convolve(backend, operation, geometry, [a, b], variant),
  }))
}

/** Seconds that a variant of a work takes on the given inputs. */
export const timedVariant = (
  backend: LabBackend,
  { operation, geometry }: Work,
  [a, b]: readonly tf.Tensor[],
  variant: Variant,
  options: TimingOptions,
): Promise<number> =>
  timed(backend, () => backend.disposeData(convolve(backend, operation, geometry, [a, b], variant).dataId), options)

/** The state of trying a work's candidates. */
interface Trial {
  readonly backend: LabBackend
  readonly gpu: Gpu
  readonly now: Clock
  readonly inputs: readonly tf.Tensor[]
  readonly check: Check
  readonly rejected: Map<Candidate, string>
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
async function tried({ backend, inputs, check, best, now }: Trial, candidate: Candidate): Promise<Outcome> {
  const run = () => candidate.run(inputs[0], inputs[1])
  // Without pooled buffers, a variant that writes nothing cannot return the output of the variant before it.
  backend.forgetBuffers()
  const verdict = await checkOutput(check, tf.engine().makeTensorFromTensorInfo(run(), backend))
  if (!verdict.right) return verdict
  const giveUp = best ? 2 * best.seconds : 1
  const options = { rounds: 2, atLeast: 0.004, giveUp, now }
  return { ...verdict, seconds: await timed(backend, () => backend.disposeData(run().dataId), options) }
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

interface Found {
  readonly best: string | null
  readonly rejected: readonly RejectedVariant[]
}

async function fastest(backend: LabBackend, work: Work, options: TuneOptions, until: number): Promise<Found> {
  const { gpu, now, signal, candidates = (one) => candidatesOf(backend, one) } = options
  const key = workKey(work.operation, work.geometry)
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
    now,
    inputs,
    check,
    rejected: new Map(),
    sawWrong: false,
    reference: null,
    best: null,
  }
  try {
    const all = candidates(work)
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

/**
 * Checks and times each work, those with most arithmetic first. Resolves with the choices made before the time was over or
 * `signal` aborted, and with the rejected variants. Rejects with DeviceError when the device fails or when every variant of a
 * work computes wrong values.
 */
export async function tune(backend: LabBackend, works: readonly Work[], options: TuneOptions): Promise<Tuned> {
  const { now, signal, seconds, onProgress } = options
  const until = now() + 1000 * seconds
  const ordered = [...works].sort((a, b) => flops(b.geometry) - flops(a.geometry))
  const choices: Record<string, string> = {}
  const rejected: RejectedVariant[] = []
  let done = 0
  for (const work of ordered) {
    if (signal.aborted || now() > until) break
    const key = workKey(work.operation, work.geometry)
    onProgress(done, ordered.length, key)
    const found = await fastest(backend, work, options, until)
    if (found.best) choices[key] = found.best
    rejected.push(...found.rejected)
    done++
  }
  onProgress(done, ordered.length, '')
  return { choices, rejected }
}
