/** Values of a tensor at a few places. tfjs's gather passes indices through floats, which cannot count beyond 2²⁴. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../../lab-backend.ts'
import type { Program } from '../../program.ts'
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

/** The values at row-major indices; the caller disposes them. */
export function picked(backend: LabBackend, source: tf.Tensor, places: readonly number[]): tf.Tensor {
  const indices = tf.tensor1d(Int32Array.from(places), 'int32')
  const result = emptyTensor(backend, [places.length])
  const workgroups = elementGroups(places.length)
  backend.dispatch(pick, {
    outputs: [result],
    inputs: [source, indices],
    uniforms: { count: places.length },
    workgroups,
  })
  indices.dispose()
  return result
}
