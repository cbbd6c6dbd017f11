/**
 * The sum of two images or filters, as `tf.add` computes it. A compiled step adds it where the second one is computed
 * (`../compile/fuse.ts`): most of these sums are gradients of a value that a convolution and a residual connection read.
 */
import { type TensorInfo, util } from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { replace } from './replace.ts'
import { elementEntry, elementGroups, vectorFor } from './vectors.ts'

function program(count: number): Program {
  const { type, width } = vectorFor(count)
  return {
    key: `addition-${width}`,
    outputs: { result: type },
    inputs: { a: type, b: type },
    uniforms: { count: 'u32' },
    addition: true,
    half: { reads: ['a', 'b'], writes: { result: { like: 'a' } } },
    code: `${elementEntry('u.count')}
  result[i] = a[i] + b[i];
}`,
  }
}

/** a + b; null for other tensors than floats of one shape with four dimensions. */
function add(backend: LabBackend, a: TensorInfo, b: TensorInfo): TensorInfo | null {
  const usable = ({ dtype, shape }: TensorInfo) => dtype === 'float32' && shape.length === 4
  if (!usable(a) || !usable(b) || !util.arraysEqual(a.shape, b.shape)) return null
  const size = util.sizeFromShape(a.shape)
  if (size === 0 || backend.shouldExecuteOnCPU([a, b])) return null
  const count = size / vectorFor(size).width
  const result = backend.makeTensorInfo(a.shape, 'float32')
  backend.dispatch(program(size), {
    outputs: [result],
    inputs: [a, b],
    uniforms: { count },
    workgroups: elementGroups(count),
  })
  return result
}

let registered = false

/** Registers the replacement of tfjs's Add once. */
export function registerAddition(): void {
  if (registered) return
  registered = true
  replace('Add', ({ inputs }, backend) => add(backend, inputs.a as TensorInfo, inputs.b as TensorInfo))
}
