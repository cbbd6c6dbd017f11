/** Values of a tensor at a few places. tfjs's gather passes indices through floats, which cannot count beyond 2²⁴. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../../lab-backend.ts'
import type { Program } from '../../program.ts'
import { type Gpu, read } from '../../read.ts'
import { elementEntry, elementGroups } from '../vectors.ts'

const pick: Program = {
  key: 'pick',
  outputs: { result: 'f32' },
  inputs: { source: 'f32', places: 'i32' },
  uniforms: { count: 'u32' },
  code: `${elementEntry('u.count')}
  result[i] = source[places[i]];
}`,
}

/** The values at row-major indices. Rejects with the device's failure. */
export async function valuesAt(
  gpu: Gpu,
  backend: LabBackend,
  source: tf.Tensor,
  places: readonly number[],
): Promise<Float32Array> {
  const indices = tf.tensor1d(Int32Array.from(places), 'int32')
  const result = emptyTensor(backend, [places.length])
  try {
    const workgroups = elementGroups(places.length)
    const uniforms = { count: places.length }
    backend.dispatch(pick, { outputs: [result], inputs: [source, indices], uniforms, workgroups })
    const [values] = await read(gpu, [result])
    return values
  } finally {
    tf.dispose([indices, result])
  }
}
