/**
 * Batch normalization (Ioffe & Szegedy 2015) over N, H, W of NHWC tensors, as PyTorch's BatchNorm2d computes it, fused
 * with a following residual addition and ReLU.
 */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, labBackend } from '../../lab-backend.ts'
import { spent } from '../release.ts'
import { epsilon, type Fusion, type NormTensors, type Running } from './norm.ts'
import {
  applyProgram,
  dispatches,
  evaluateProgram,
  gradientApplyProgram,
  gradientSumsProgram,
  gradientTotals,
  momentsProgram,
  type NormFusion,
  statisticsProgram,
} from './programs.ts'
import { batchNormEvaluateReference, batchNormTrainReference } from './reference.ts'

/**
 * y = (x − mean) / √(variance + ε) · scale + shift with the batch's own (biased) statistics. Differentiable in x,
 * scale, shift and the residual. Throws when there is only one value per channel.
 */
export function batchNormTrain(tensors: NormTensors, fusion: Fusion = {}, running?: Running): tf.Tensor4D {
  const { x, scale, shift } = tensors
  if (x.size / x.shape[3] < 2)
    throw new Error(`batch norm needs more than one value per channel; input is [${x.shape}]`)
  const backend = labBackend()
  if (!backend) return batchNormTrainReference(tensors, fusion, epsilon, running)
  const inputs = [x, scale, shift, ...(fusion.residual ? [fusion.residual] : [])]
  return fused(backend, fusion, running)(...inputs) as tf.Tensor4D
}

const shapeOf = ({ size, shape }: tf.Tensor) => ({ channels: shape[3] as number, rows: size / (shape[3] as number) })

function fused(backend: LabBackend, { relu = false, residual }: Fusion, running?: Running) {
  const fusion: NormFusion = { relu, residual: residual !== undefined }
  return tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc
    const [x, scale, shift, ...skip] = args as tf.Tensor[]
    const shape = shapeOf(x)
    const statistics = batchStatistics(backend, x, scale, running)
    const y = emptyTensor(backend, x.shape)
    backend.dispatch(applyProgram(shape, fusion), {
      outputs: [y],
      inputs: [x, statistics, shift, ...skip],
      ...dispatches.elements(shape),
    })
    save([x, statistics, y])
    return { value: y, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(backend, dy, saved, fusion) }
  })
}

/** The statistics [4, C] of `statisticsProgram`. */
function batchStatistics(backend: LabBackend, x: tf.Tensor, scale: tf.Tensor, running?: Running): tf.Tensor {
  const shape = shapeOf(x)
  const { parts, ...sums } = dispatches.reduction(shape)
  const partial = emptyTensor(backend, [parts, 2, shape.channels])
  backend.dispatch(momentsProgram(shape), { outputs: [partial], inputs: [x], ...sums })
  const statistics = emptyTensor(backend, [4, shape.channels])
  backend.dispatch(statisticsProgram(running !== undefined), {
    outputs: [statistics, ...(running ? [running.mean, running.variance] : [])],
    inputs: [partial, scale],
    uniforms: { ...shape, parts, chunk: sums.uniforms.chunk, epsilon, momentum: running?.momentum ?? 0 },
    workgroups: dispatches.channels(shape),
  })
  partial.dispose()
  return statistics
}

/** Gradients by x, scale, shift and the residual. Disposes its inputs within `releasing`. */
function gradients(backend: LabBackend, dy: tf.Tensor, saved: tf.Tensor[], fusion: NormFusion): tf.Tensor[] {
  const [x, statistics, y] = saved
  const shape = shapeOf(x)
  const { parts, ...sums } = dispatches.reduction(shape)
  const partial = emptyTensor(backend, [parts, 2, shape.channels])
  const behind = fusion.relu ? [y] : []
  backend.dispatch(gradientSumsProgram(shape, fusion), {
    outputs: [partial],
    inputs: [x, statistics, dy, ...behind],
    ...sums,
  })
  const [dShift, dScale] = [emptyTensor(backend, [shape.channels]), emptyTensor(backend, [shape.channels])]
  backend.dispatch(gradientTotals, {
    outputs: [dShift, dScale],
    inputs: [partial],
    uniforms: { channels: shape.channels, parts },
    workgroups: dispatches.channels(shape),
  })
  partial.dispose()
  const dx = emptyTensor(backend, x.shape)
  const dSkip = fusion.residual ? (fusion.relu ? emptyTensor(backend, x.shape) : dy.clone()) : null
  const { uniforms, workgroups } = dispatches.elements(shape)
  backend.dispatch(gradientApplyProgram(shape, fusion), {
    outputs: [dx, ...(dSkip && fusion.relu ? [dSkip] : [])],
    inputs: [x, statistics, dy, ...behind, dShift, dScale],
    uniforms: { ...uniforms, rows: shape.rows },
    workgroups,
  })
  spent(dy, x, statistics, y)
  return [dx, dScale, dShift, ...(dSkip ? [dSkip] : [])]
}

/** y = (x − mean) / √(variance + ε) · scale + shift with given statistics [C]; not differentiable on the GPU. */
export function batchNormEvaluate(
  tensors: NormTensors,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  fusion: Fusion = {},
): tf.Tensor4D {
  const backend = labBackend()
  if (!backend) return batchNormEvaluateReference(tensors, mean, variance, fusion, epsilon)
  const { x, scale, shift } = tensors
  const { relu = false, residual } = fusion
  const shape = shapeOf(x)
  const y = emptyTensor(backend, x.shape)
  const { uniforms, workgroups } = dispatches.elements(shape)
  backend.dispatch(evaluateProgram(shape, { relu, residual: residual !== undefined }), {
    outputs: [y],
    inputs: [x, scale, shift, mean, variance, ...(residual ? [residual] : [])],
    uniforms: { ...uniforms, epsilon },
    workgroups,
  })
  return y as tf.Tensor4D
}
