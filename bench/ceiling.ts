/** The highest rate that an adapter reaches: the fastest of the lab's plain matrix products. */
import * as tf from '@tensorflow/tfjs'
import { randomInputs } from '../src/gpu/kernels/check/inputs.ts'
import { schemesFor } from '../src/gpu/kernels/choose.ts'
import { schemeName } from '../src/gpu/kernels/schemes.ts'
import { createStopwatch } from '../src/gpu/kernels/stopwatch.ts'
import { timedVariant } from '../src/gpu/kernels/tuner.ts'
import type { Work } from '../src/gpu/kernels/work.ts'
import type { LabBackend } from '../src/gpu/lab-backend.ts'

export interface Ceiling {
  readonly gflops: number
  /** The sweep: scheme → GFLOP/s. */
  readonly sweep: Readonly<Record<string, number>>
}

/** Products of two square matrices, 512 wide on a software adapter and 4096 on a GPU, in all schemes or in those named. Throws where none is. */
export async function measureCeiling(
  backend: LabBackend,
  software: boolean,
  named: readonly string[] | null,
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
  const sweep: Record<string, number> = {}
  const able = schemesFor(backend, work.operation, work.geometry)
  const swept = able.filter((scheme) => named?.includes(schemeName(scheme)) ?? true)
  if (swept.length === 0)
    throw new Error(`no such scheme: ${named?.join(', ')} (have ${able.map(schemeName).join(', ')})`)
  const inputs = randomInputs(work)
  const stopwatch = await createStopwatch(backend, () => performance.now(), software)
  for (const scheme of swept) {
    const options = { giveUp: software ? 0.5 : 1 }
    const seconds = await timedVariant(stopwatch, backend, work, inputs, { scheme, splits: 1 }, options)
    sweep[schemeName(scheme)] = (2 * n ** 3) / seconds / 1e9
  }
  stopwatch.dispose()
  tf.dispose(inputs)
  return { gflops: Math.max(...Object.values(sweep)), sweep }
}
