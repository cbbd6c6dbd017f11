/** Shapes of a convolution's three operations, and running one of them in a variant. */
import { type TensorInfo, util } from '@tensorflow/tfjs'
import type { LabBackend } from '../../lab-backend.ts'
import { addParts, addPartsDispatch } from '../add-parts.ts'
import { runs, schemeName, type Variant } from '../schemes.ts'
import { filterDispatch, filterProgram } from './filter-gradient.ts'
import { gatherDispatch, gatherProgram } from './gather.ts'
import { flops, type Geometry, type Operation } from './geometry.ts'

/** Shapes of an operation's two inputs and of its output. */
export function shapesOf(operation: Operation, g: Geometry): { inputs: [number[], number[]]; output: number[] } {
  const image = [g.images, g.height, g.width, g.inputs]
  const result = [g.images, g.outHeight, g.outWidth, g.outputs]
  const filter = [...g.kernel, g.inputs, g.outputs]
  if (operation === 'forward') return { inputs: [image, filter], output: result }
  if (operation === 'input-gradient') return { inputs: [result, filter], output: image }
  return { inputs: [image, result], output: filter }
}

/** Runs an operation in a variant; the caller disposes the result. Throws Error for a scheme that has no program for the shape. */
export function convolve(
  backend: LabBackend,
  operation: Operation,
  g: Geometry,
  [a, b]: readonly [TensorInfo, TensorInfo],
  variant: Variant,
): TensorInfo {
  if (!runs(variant.scheme, operation, g)) {
    throw new Error(`${schemeName(variant.scheme)} cannot run ${operation} ${JSON.stringify(g)}`)
  }
  const gathers = operation !== 'filter-gradient'
  const program = gathers ? gatherProgram(g, operation, variant) : filterProgram(g, variant)
  const { parts, uniforms, workgroups } = gathers ? gatherDispatch(g, operation, variant) : filterDispatch(g, variant)
  const { output: shape } = shapesOf(operation, g)
  const result = backend.makeTensorInfo(shape, 'float32')
  if (parts === 1) {
    const columns = shape[3]
    backend.dispatch(program, { outputs: [result], inputs: [a, b], uniforms, workgroups, flops: flops(g), columns })
    return result
  }
  const size = util.sizeFromShape(shape)
  const scratch = backend.makeTensorInfo([parts, size], 'float32')
  backend.dispatch(program, { outputs: [scratch], inputs: [a, b], uniforms, workgroups, flops: flops(g) })
  backend.dispatch(addParts, { outputs: [result], inputs: [scratch], ...addPartsDispatch(size, parts) })
  backend.disposeData(scratch.dataId)
  return result
}
