/** The highest rate that an adapter reaches: the fastest of the lab's plain matrix products. */
import * as tf from '@tensorflow/tfjs'
import { randomInputs } from '../src/gpu/kernels/check/inputs.ts'
import { schemesFor } from '../src/gpu/kernels/choose.ts'
import { type Scheme, schemeName } from '../src/gpu/kernels/schemes.ts'
import { timedVariant } from '../src/gpu/kernels/tuner.ts'
import type { Work } from '../src/gpu/kernels/work.ts'
import type { LabBackend } from '../src/gpu/lab-backend.ts'

export interface Ceiling {
  readonly gflops: number
  /** The sweep: scheme → GFLOP/s. */
  readonly sweep: Readonly<Record<string, number>>
}

/**
 * Products of two square matrices, 512 wide on a software adapter and 4096 on a GPU, in the schemes that are named, or else in all; a
 * software adapter leaves out vector schemes, which are for GPUs and take it seconds to compile.
 */
export async function measureCeiling(
  backend: LabBackend,
  software: boolean,
  named: readonly string[] | null = null,
): Promise<Ceiling> {
  const n = software ? 512 : 4096
  const one = {
    height: 1,
    width: 1,
    outHeight: 1,
    outWidth: 1,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0],
  } as const
  const work: Work = { operation: 'forward', geometry: { ...one, images: n, inputs: n, outputs: n } }
  const inputs = randomInputs(work)
  const sweep: Record<string, number> = {}
  const isSwept = (scheme: Scheme) => named?.includes(schemeName(scheme)) ?? !(software && scheme.kind === 'vector')
  for (const scheme of schemesFor(backend, work.operation, work.geometry).filter(isSwept)) {
    const options = { giveUp: software ? 0.5 : 1, now: () => performance.now() }
    const seconds = await timedVariant(backend, work, inputs, { scheme, splits: 1 }, options)
    sweep[schemeName(scheme)] = (2 * n ** 3) / seconds / 1e9
  }
  tf.dispose(inputs)
  return { gflops: Math.max(...Object.values(sweep)), sweep }
}
