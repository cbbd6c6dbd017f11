/** The variants that the tuner tries for a work, and their programs, which it compiles in parallel beforehand. */
import type * as tf from '@tensorflow/tfjs'
import { abortable } from '../../wait.ts'
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
const likeliest = 6

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

/** Programs that are compiled at one time. */
const mostAtOnce = 8

export interface Compiled {
  /** Whether a candidate can be tried without compiling first. */
  readonly isReady: (candidate: Candidate) => boolean
  /** Programs that were compiled for this. */
  readonly count: number
}

export interface CompileCandidatesOptions {
  /** Whether no further program is begun. */
  readonly isOver: () => boolean
  /** Ends the wait for those that were begun, too. */
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Compiles the programs of all candidates in parallel until `isOver`: those of every plan's first candidate, then those of every
 * second one, and so on. A program that does not compile counts as compiled: trying it says why. Rejects with the device's failure.
 */
export async function compileCandidates(
  gpu: Gpu,
  backend: LabBackend,
  plans: readonly Plan[],
  { isOver, signal, onProgress }: CompileCandidatesOptions,
): Promise<Compiled> {
  const needed = new Map<Candidate, Program[]>()
  const waiting = new Map<string, Program>()
  const longest = Math.max(0, ...plans.map(({ candidates }) => candidates.length))
  for (let rank = 0; rank < longest; rank++) {
    for (const { work, candidates } of plans) {
      if (rank >= candidates.length) continue
      const programs = programsOf(backend, work, candidates[rank])
      needed.set(candidates[rank], programs)
      for (const program of programs) if (!backend.isCompiled(program)) waiting.set(program.key, program)
    }
  }
  const done = new Set<string>()
  const queue = [...waiting.values()]
  const compileNext = async () => {
    for (let next = queue.shift(); next && !signal.aborted && !isOver(); next = queue.shift()) {
      await backend.compileInBackground(next).catch(() => {})
      done.add(next.key)
      onProgress(done.size, waiting.size)
    }
  }
  const all = Promise.all(Array.from({ length: mostAtOnce }, compileNext))
  await unlessFailed(gpu, abortable(all, signal)).catch((error) => {
    if (!signal.aborted) throw error
  })
  // The reports of programs that do not compile must not appear in the error of another one.
  await gpu.takeShaderErrors()
  const isReady = (candidate: Candidate) =>
    (needed.get(candidate) ?? []).every((program) => done.has(program.key) || backend.isCompiled(program))
  return { isReady, count: done.size }
}
