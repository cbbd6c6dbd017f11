/** Compares two tensors of one size on the GPU; only one number per thread comes back. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend } from '../../lab-backend.ts'
import type { Program } from '../../program.ts'
import { type Gpu, read } from '../../read.ts'

const threads = 256
const groups = 64

/** The bits of the exponent are all 1 in infinities and NaN; a comparison with NaN may be optimized away. */
const compare: Program = {
  key: 'largest-difference',
  outputs: { differences: 'f32', places: 'i32' },
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
  places[id.x] = i32(place);
}`,
}

export interface Difference {
  /** |a − b|; 3.4e38 where `a` is infinite or NaN. */
  readonly difference: number
  /** Row-major index. */
  readonly index: number
}

/** The largest difference between the values of `a` and `b`, of one size. Rejects with the device's failure. */
export async function largestDifference(
  gpu: Gpu,
  backend: LabBackend,
  a: tf.Tensor,
  b: tf.Tensor,
): Promise<Difference> {
  const differences = emptyTensor(backend, [threads * groups])
  const places = emptyTensor(backend, [threads * groups], 'int32')
  try {
    backend.dispatch(compare, {
      outputs: [differences, places],
      inputs: [a, b],
      uniforms: { count: a.size },
      workgroups: [groups],
    })
    const [found, at] = await read(gpu, [differences, places])
    const most = found.reduce((best, value, i) => (value > found[best] ? i : best), 0)
    return { difference: found[most], index: at[most] }
  } finally {
    tf.dispose([differences, places])
  }
}
