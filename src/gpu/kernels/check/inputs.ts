/**
 * Random inputs of any size from one small table: value i of a tensor is `table[(i + shift) mod length]`. The length is
 * prime, so that the pattern fits no row, channel or image count, and the CPU knows every value without a readback.
 */
import * as tf from '@tensorflow/tfjs'
import { stream } from '../../../random.ts'
import { emptyTensor, labBackend } from '../../lab-backend.ts'
import type { Program } from '../../program.ts'
import { shapesOf } from '../conv/operations.ts'
import { elementEntry, elementGroups } from '../vectors.ts'
import type { Work } from '../work.ts'
import type { Inputs } from './exact.ts'

const length = 65521
/** The start of each input in the table. */
const shifts = [0, 24_977] as const

let values: Float32Array | undefined

/** Uniform in [−1, 1). */
function table(): Float32Array {
  if (!values) {
    const { uniform } = stream(0, 'kernel inputs')
    values = Float32Array.from({ length }, () => 2 * uniform() - 1)
  }
  return values
}

const fill: Program = {
  key: 'fill-from-table',
  outputs: { result: 'f32' },
  inputs: { source: 'f32' },
  uniforms: { count: 'u32', shift: 'u32' },
  code: `${elementEntry('u.count')}
  result[i] = source[(i + u.shift) % ${length}u];
}`,
}

/** Other backends have no such program; tfjs repeats the table, which takes the memory twice. */
const repeated = (source: tf.Tensor, shape: number[], shift: number): tf.Tensor => {
  const size = tf.util.sizeFromShape(shape)
  return tf.tidy(() => tf.slice(tf.tile(source, [Math.ceil((size + shift) / length)]), [shift], [size]).reshape(shape))
}

function filled(source: tf.Tensor, shape: number[], shift: number): tf.Tensor {
  const backend = labBackend()
  if (!backend) return repeated(source, shape, shift)
  const result = emptyTensor(backend, shape)
  const { size } = result
  const workgroups = elementGroups(size)
  backend.dispatch(fill, { outputs: [result], inputs: [source], uniforms: { count: size, shift }, workgroups })
  return result
}

/** The two inputs of a work, uniform in [−1, 1), the same for every call; the caller disposes them. */
export function randomInputs({ operation, geometry }: Work): [tf.Tensor, tf.Tensor] {
  const source = tf.tensor1d(table())
  const [first, second] = shapesOf(operation, geometry).inputs
  const inputs: [tf.Tensor, tf.Tensor] = [filled(source, first, shifts[0]), filled(source, second, shifts[1])]
  source.dispose()
  return inputs
}

/** The values of `randomInputs`. */
export const inputTables = (): Inputs => ({
  a: { table: table(), shift: shifts[0] },
  b: { table: table(), shift: shifts[1] },
})
