/** The variants that the tuner tries for a work, and their programs, which compile in parallel in the background. */
import type * as tf from '@tensorflow/tfjs'
import pLimit from 'p-limit'
import { abortable } from '../../wait.ts'
import { compiledAtOnce } from '../compile-programs.ts'
import type { LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { type Gpu, unlessFailed } from '../read.ts'
import { chosenVariant, rankedVariants, schemesFor, splitsToTry } from './choose.ts'
import { convolve, shapesOf } from './conv/operations.ts'
import { hasPanels, type Variant, variantName } from './schemes.ts'
import type { Work } from './work.ts'

/** One way to compute a work. `run` records it; the caller disposes the result. */
export interface Candidate {
  readonly name: string
  readonly run: (a: tf.TensorInfo, b: tf.TensorInfo) => tf.TensorInfo
}

/** Variants that are tried on a GPU: the likeliest. */
const likeliest = 5

/** The most outputs of a thread in schemes with panels that a software adapter tries: more take seconds to compile. */
const fewOutputs = 16

/** Every kind of scheme that may be fastest on a software adapter. */
function softwareVariants(backend: LabBackend, { operation, geometry }: Work): Variant[] {
  const { adapter } = backend.choices
  const small = schemesFor(backend, operation, geometry).filter(
    (scheme) => !hasPanels(scheme) || scheme.threadRows * scheme.threadColumns <= fewOutputs,
  )
  return small.flatMap((scheme) =>
    splitsToTry(operation, geometry, scheme, adapter).map((splits) => ({ scheme, splits })),
  )
}

/** The guess first, and then the others, the likeliest first. */
export function candidatesOf(backend: LabBackend, work: Work): Candidate[] {
  const { operation, geometry } = work
  const { adapter } = backend.choices
  const guess = chosenVariant(backend, operation, geometry)
  const ranked = adapter.software ? [] : rankedVariants(operation, geometry, adapter).slice(0, likeliest)
  const variants = ranked.length > 0 ? ranked : softwareVariants(backend, work)
  const byName = new Map([guess, ...variants].map((variant) => [variantName(variant), variant]))
  return [...byName].map(([name, variant]) => ({
    name,
    run: (a, b) => convolve(backend, operation, geometry, [a, b], variant),
  }))
}

/** A work with its candidates. */
export interface Plan {
  readonly work: Work
  readonly candidates: readonly Candidate[]
}

/** The programs of a candidate; none where it fails, which it then also does when it is tried. */
function programsOf(backend: LabBackend, work: Work, { run }: Candidate): Program[] {
  const inputs = shapesOf(work.operation, work.geometry).inputs.map((shape) => backend.makeTensorInfo(shape, 'float32'))
  const made: tf.TensorInfo[] = [...inputs]
  try {
    return backend.programsOf(() => void made.push(run(inputs[0], inputs[1])))
  } catch {
    return []
  } finally {
    for (const { dataId } of made) backend.disposeData(dataId)
  }
}

/** Programs of candidates that compile in the background. */
export interface Compiling {
  /** Whether nothing is left to wait for before a candidate is tried. */
  readonly isReady: (candidate: Candidate) => boolean
  /** Resolves once a candidate's programs are compiled, or are not begun any more. Rejects with the device's failure. */
  readonly ready: (candidate: Candidate) => Promise<void>
  /** Programs that were compiled so far. */
  readonly count: () => number
  /** Programs in all. */
  readonly total: number
  /** Resolves once nothing compiles any more, or the signal is aborted. Rejects with the device's failure. */
  readonly settled: () => Promise<void>
}

export interface CompilingCandidatesOptions {
  /** Whether no further program is begun. */
  readonly isOver: () => boolean
  /** Ends the wait for those that were begun, too. */
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Begins to compile the programs of all candidates in parallel, plan by plan, until `isOver`. A program that does not compile counts as
 * compiled: trying it says why.
 */
export function beginCompiling(
  gpu: Gpu,
  backend: LabBackend,
  plans: readonly Plan[],
  { isOver, signal, onProgress }: CompilingCandidatesOptions,
): Compiling {
  const needed = new Map<Candidate, Program[]>()
  const waiting = new Map<string, Program>()
  for (const { work, candidates } of plans) {
    for (const candidate of candidates) {
      const programs = programsOf(backend, work, candidate)
      needed.set(candidate, programs)
      for (const program of programs) if (!backend.isCompiled(program)) waiting.set(program.key, program)
    }
  }
  let count = 0
  const attempt = async (program: Program) => {
    if (!signal.aborted && !isOver()) {
      // Trials may run at the same time: an error here is not theirs. The trial of this program's variant reports it.
      await gpu.unreported(() => backend.compileInBackground(program)).catch(() => {})
      onProgress(++count, waiting.size)
    }
    attempts.delete(program.key)
  }
  const atOnce = pLimit(compiledAtOnce)
  /** Those that have not ended, by the program's key. */
  const attempts = new Map([...waiting].map(([key, program]) => [key, atOnce(attempt, program)]))
  const all = async (some: Iterable<Promise<void> | undefined>) => {
    await unlessFailed(gpu, abortable(Promise.all(some), signal)).catch((error) => {
      if (!signal.aborted) throw error
    })
  }
  const keysOf = (candidate: Candidate) => (needed.get(candidate) ?? []).map(({ key }) => key)
  return {
    isReady: (candidate) => keysOf(candidate).every((key) => !attempts.has(key)),
    ready: (candidate) => all(keysOf(candidate).map((key) => attempts.get(key))),
    count: () => count,
    total: waiting.size,
    settled: () => all(attempts.values()),
  }
}
