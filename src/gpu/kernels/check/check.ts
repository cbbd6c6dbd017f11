/**
 * Checks the output of one variant of a convolution. A few outputs are compared with float64 sums on the CPU, and all outputs
 * with those of a variant that passed before (the reference). Where the two variants disagree, the float64 sum at that place
 * decides which one is wrong.
 */
import * as tf from '@tensorflow/tfjs'
import { stream } from '../../../random.ts'
import type { LabBackend } from '../../lab-backend.ts'
import { type Gpu, read } from '../../read.ts'
import { shapesOf } from '../conv/operations.ts'
import type { Work } from '../work.ts'
import { type Difference, differences, largestOf } from './difference.ts'
import { exactOutput, termsOf } from './exact.ts'
import { inputTables } from './inputs.ts'
import { picked } from './pick.ts'

/** Products that the CPU adds up for one check, and the number of outputs that it checks at most and at least. */
const budget = 2e6
const mostSamples = 64
const fewestSamples = 4

/**
 * Largest error allowed in one output, a sum of n products whose order is free. Inputs are uniform in [−1, 1), so a product has
 * variance 1/9, and a partial sum of k products a standard deviation of √k / 3. An addition rounds by at most 2⁻²⁴ of the partial
 * sum. Over n additions one after another these errors have a standard deviation of about 0.1 · n · 2⁻²⁴, and the largest of
 * 10⁸ outputs stays below six of them. The bound is three times that. At 800,000 products it is 0.1, less than the 0.25
 * of one missing product.
 */
const toleranceOf = (terms: number): number => 2 ** -24 * (2 * terms + 16)

/** `overturned`: why the former reference, whose place this output took, is wrong; null without one. */
export type Verdict =
  | { readonly right: true; readonly overturned: string | null }
  | { readonly right: false; readonly reason: string }

export interface Check {
  readonly gpu: Gpu
  readonly backend: LabBackend
  readonly tolerance: number
  /** Row-major indices of the outputs that the CPU computes, and their values. */
  readonly samples: ReadonlyMap<number, number>
  readonly exact: (index: number) => number
  /** The output of the first variant that passed; owned by the check. */
  reference: tf.Tensor | null
}

/** Prepares the check of a work on the inputs of `randomInputs`. */
export function createCheck(gpu: Gpu, backend: LabBackend, { operation, geometry }: Work): Check {
  const terms = termsOf(operation, geometry)
  const size = tf.util.sizeFromShape(shapesOf(operation, geometry).output)
  const inputs = inputTables()
  const exact = (index: number) => exactOutput(operation, geometry, index, inputs)
  const count = Math.max(fewestSamples, Math.min(mostSamples, Math.floor(budget / terms)))
  const { integer } = stream(0, 'kernel check')
  const places = [0, size - 1, ...Array.from({ length: count - 2 }, () => integer(size))]
  const samples = new Map(places.map((index) => [index, exact(index)]))
  return { gpu, backend, tolerance: toleranceOf(terms), samples, exact, reference: null }
}

export function disposeCheck(check: Check): void {
  check.reference?.dispose()
  check.reference = null
}

const short = (value: number) => String(Number(value.toPrecision(7)))

/** Null if the value is correct. */
function wrongValue({ tolerance }: Check, index: number, value: number, exact: number): string | null {
  if (!Number.isFinite(value)) return `non-finite value: output ${index} is ${value}`
  if (Math.abs(value - exact) <= tolerance) return null
  return `wrong value: output ${index} is ${short(value)}, not ${short(exact)} ± ${tolerance.toPrecision(2)}`
}

/** The values of an output that the CPU computes, too, and its largest difference from the reference. One transfer. */
async function observed(
  { gpu, backend, samples, reference }: Check,
  output: tf.Tensor,
): Promise<Difference & { readonly values: Float32Array }> {
  const made = [picked(backend, output, [...samples.keys()]), ...differences(backend, output, reference ?? output)]
  try {
    const [values, ...found] = await read(gpu, made)
    return { values, ...largestOf(found) }
  } finally {
    tf.dispose(made)
  }
}

function wrongSample(check: Check, values: Float32Array): string | null {
  for (const [i, [place, exact]] of [...check.samples].entries()) {
    const reason = wrongValue(check, place, values[i], exact)
    if (reason) return reason
  }
  return null
}

async function wrongAt(check: Check, output: tf.Tensor, index: number): Promise<string | null> {
  const value = picked(check.backend, output, [index])
  try {
    const [[found]] = await read(check.gpu, [value])
    return wrongValue(check, index, found, check.exact(index))
  } finally {
    value.dispose()
  }
}

/**
 * Whether `output` is correct. The check takes it over as the reference or disposes it. Rejects with the device's
 * failure.
 */
export async function checkOutput(check: Check, output: tf.Tensor): Promise<Verdict> {
  let keeps = false
  try {
    const { values, difference, index } = await observed(check, output)
    const sample = wrongSample(check, values)
    if (sample) return { right: false, reason: sample }
    let overturned: string | null = null
    if (difference > 2 * check.tolerance) {
      const reason = await wrongAt(check, output, index)
      if (reason) return { right: false, reason }
      overturned = check.reference && (await wrongAt(check, check.reference, index))
    }
    keeps = !check.reference || overturned !== null
    if (keeps) {
      disposeCheck(check)
      check.reference = output
    }
    return { right: true, overturned }
  } finally {
    if (!keeps) output.dispose()
  }
}
