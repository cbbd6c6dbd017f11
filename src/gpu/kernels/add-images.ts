/** The sum of two tensors of images, as where the gradients of a residual connection meet. The bytes are those of tfjs's program. */
import { type TensorInfo, util } from '@tensorflow/tfjs'
import type { LabBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { elementEntry, elementGroups, type Vector, vectorFor } from './vectors.ts'

const program = ({ type, width }: Vector): Program => ({
  key: `add-images-${width}`,
  outputs: { sum: type },
  inputs: { a: type, b: type },
  uniforms: { count: 'u32' },
  half: { reads: ['a', 'b'], writes: { sum: { like: 'a' } } },
  code: `${elementEntry('u.count')}
  sum[i] = a[i] + b[i];
}`,
})

/** a + b; null for tensors that are not images of one shape. a, b: [N, H, W, C] */
export function addImages(backend: LabBackend, a: TensorInfo, b: TensorInfo): TensorInfo | null {
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || a.shape.length !== 4) return null
  if (!util.arraysEqual(a.shape, b.shape)) return null
  const size = util.sizeFromShape(a.shape)
  if (size === 0) return null
  const sum = backend.makeTensorInfo(a.shape, 'float32')
  const vector = vectorFor(size)
  const count = size / vector.width
  backend.dispatch(program(vector), {
    outputs: [sum],
    inputs: [a, b],
    uniforms: { count },
    workgroups: elementGroups(count),
  })
  return sum
}
