/**
 * Times the variants of each convolution on the adapter in use and keeps the fastest. Which that is changes no
 * definition, only the order of a sum, and the choice is recorded with the run.
 */
import * as tf from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import { busyWorkgroups, type Choices, chosenVariant, splitsFor, usableSchemes, workKey } from './choose.ts'
import { flops, type Geometry, type Operation } from './conv/geometry.ts'
import { convolve, shapesOf } from './conv/operations.ts'
import { type Variant, variantName } from './schemes.ts'
import { type Clock, type TimingOptions, timed } from './stopwatch.ts'

export interface Work {
  readonly operation: Operation
  readonly geometry: Geometry
}

export interface TuneOptions {
  /** Seconds after which what is left is guessed. */
  readonly seconds: number
  readonly now: Clock
  readonly onProgress: (done: number, total: number, work: string) => void
  /** Ends the tuning; what was measured by then is kept. */
  readonly signal: AbortSignal
}

/** What could be fastest: each scheme whole, and split so that the adapter is kept busy. */
function candidates(backend: LabBackend, { operation, geometry }: Work): Variant[] {
  const all = usableSchemes(backend).flatMap((scheme) => {
    const wanted = splitsFor(operation, geometry, scheme, busyWorkgroups(backend))
    return [...new Set([1, wanted, Math.ceil(wanted / 4)])].map((splits) => ({ scheme, splits }))
  })
  // The guess first: a variant that takes several times as long is timed only once.
  const guess = variantName(chosenVariant(backend, operation, geometry))
  return all.sort((a, b) => Number(variantName(b) === guess) - Number(variantName(a) === guess))
}

/** Inputs of a work, of random numbers; the caller's. */
export const randomInputs = ({ operation, geometry }: Work): tf.Tensor[] =>
  shapesOf(operation, geometry).inputs.map((shape) => tf.randomUniform(shape, -1, 1))

/** Seconds that a work takes in a variant. */
export const timedVariant = (
  backend: LabBackend,
  { operation, geometry }: Work,
  [a, b]: readonly tf.Tensor[],
  variant: Variant,
  options: TimingOptions,
): Promise<number> =>
  timed(backend, () => backend.disposeData(convolve(backend, operation, geometry, [a, b], variant).dataId), options)

async function fastest(backend: LabBackend, work: Work, { now, signal }: TuneOptions, until: number): Promise<Variant> {
  const inputs = randomInputs(work)
  let best: { variant: Variant; seconds: number } | null = null
  try {
    for (const variant of candidates(backend, work)) {
      if (best && (signal.aborted || now() > until)) break
      const giveUp: number = best ? 2 * best.seconds : 1
      const seconds = await timedVariant(backend, work, inputs, variant, { rounds: 2, atLeast: 0.004, giveUp, now })
      if (!best || seconds < best.seconds) best = { variant, seconds }
    }
  } finally {
    tf.dispose(inputs)
  }
  return (best as { variant: Variant }).variant
}

/** Measures each work, those with most arithmetic first. Resolves with what was measured before time or patience ran out. */
export async function tune(backend: LabBackend, works: readonly Work[], options: TuneOptions): Promise<Choices> {
  const { now, signal, seconds, onProgress } = options
  const until = now() + 1000 * seconds
  const ordered = [...works].sort((a, b) => flops(b.geometry) - flops(a.geometry))
  const choices: Record<string, string> = {}
  for (const [done, work] of ordered.entries()) {
    if (signal.aborted || now() > until) break
    const key = workKey(work.operation, work.geometry)
    onProgress(done, ordered.length, key)
    choices[key] = variantName(await fastest(backend, work, options, until))
  }
  onProgress(Object.keys(choices).length, ordered.length, '')
  return choices
}
