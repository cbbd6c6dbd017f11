/** Compares two tensors of one size on the GPU; only one number per thread comes back. */
import type * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../../lab-backend.ts'
import type { Program } from '../../program.ts'

const threads = 256
const groups = 64

/** The bits of the exponent are all 1 in infinities and NaN; a comparison with NaN may be optimized away. */
const compare: Program = {
  key: 'largest-difference',
  outputs: { differences: 'f32', high: 'i32', low: 'i32' },
  inputs: { a: 'f32', b: 'f32' },
  uniforms: { count: 'u32' },
  code: `
@compute @workgroup_size(${threads})
fn main(@builtin(global_invocation_id) id : vec3u) {
  var largest = -1f;
  var place = 0u;
  for (var i = id.x; i < u.count; i += ${threads * groups}u) {
    let infinite = (bitcast<u32>(a[i]) & 0x7f800000u) == 0x7f800000u;
    let difference = select(abs(a[i] - b[i]), 3.4e38f, infinite);
    if (difference > largest) { largest = difference; place = i; }
  }
  differences[id.x] = largest;
  high[id.x] = i32(place >> 16u);
  low[id.x] = i32(place & 0xffffu);
}`,
}

/** Three tensors for `largestOf`, which the caller disposes: the differences between values of `a` and `b`, of one size. */
export function differences(backend: LabBackend, a: tf.Tensor, b: tf.Tensor): tf.Tensor[] {
  const found = emptyTensor(backend, [threads * groups])
  // A readback has floats, which cannot hold every index: halves of 16 bits can.
  const halves = [0, 1].map(() => emptyTensor(backend, [threads * groups], 'int32'))
  const outputs = [found, ...halves]
  backend.dispatch(compare, { outputs, inputs: [a, b], uniforms: { count: a.size }, workgroups: [groups] })
  return outputs
}

export interface Difference {
  /** |a − b|; 3.4e38 where `a` is infinite or NaN. */
  readonly difference: number
  /** Row-major index. */
  readonly index: number
}

/** The largest difference, from the values of the tensors of `differences`. */
export function largestOf([found, high, low]: readonly Float32Array[]): Difference {
  const most = found.reduce((best, value, i) => (value > found[best] ? i : best), 0)
  return { difference: found[most], index: 65536 * high[most] + low[most] }
}
