/** Images from bytes: four bytes a word travel to the GPU and are looked up there. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, type Program } from '../program.ts'
import { elementEntry, elementGroups } from './vectors.ts'

const program: Program = {
  key: 'normalize',
  outputs: { result: 'f32' },
  inputs: { words: 'i32', table: 'f32' },
  uniforms: { count: 'u32' },
  code: `${elementEntry('u.count')}
  let byte = (u32(words[i / 4u]) >> (8u * (i % 4u))) & 255u;
  result[i] = table[(i % 3u) * 256u + byte];
}`,
}

/** result[i] = table[channel · 256 + bytes[i]], channel = i mod 3. table: [3 · 256] */
export function lookUpBytes(backend: LabBackend, bytes: Uint8Array, table: tf.Tensor1D, shape: number[]): tf.Tensor {
  return tf.tidy(() => {
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
    padded.set(bytes)
    const words = tf.tensor1d(new Int32Array(padded.buffer), 'int32')
    const result = emptyTensor(backend, shape)
    backend.dispatch(program, {
      outputs: [result],
      inputs: [words, table],
      uniforms: [bytes.length],
      workgroups: elementGroups(bytes.length),
    })
    return result
  })
}
