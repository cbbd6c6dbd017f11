/**
 * Batch normalization (Ioffe & Szegedy 2015) over N, H, W of NHWC tensors, as PyTorch's BatchNorm2d computes it, fused
 * with a following residual addition and ReLU.
 */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, labBackend } from '../../lab-backend.ts'
import { spent } from '../release.ts'
import { partialMoments } from './moments.ts'
import { epsilon, type Fusion, type NormTensors, type Running } from './norm.ts'
import {
  applyProgram,
  applyWithMaskProgram,
  elementsDispatch,
  evaluateProgram,
  gradientApplyProgram,
  maskDispatch,
} from './programs.ts'
import { batchNormEvaluateReference, batchNormTrainReference } from './reference.ts'
import { gradientSumsProgram, gradientTotals, partialSums, statisticsProgram, totalsDispatch } from './sums.ts'
import { hasMask, maskWords, type NormFusion } from './text.ts'

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
    const statistics = batchStatistics(backend, x, scale, shift, running)
    const { y, mask } = applied(backend, [x, statistics, ...skip], fusion)
    save([x, statistics, ...mask])
    return { value: y, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradients(backend, dy, saved, fusion) }
  })
}

/** The result, and ReLU's mask if the gradient needs it. */
function applied(backend: LabBackend, inputs: tf.Tensor[], fusion: NormFusion) {
  const shape = shapeOf(inputs[0])
  const y = emptyTensor(backend, inputs[0].shape)
  if (!hasMask(fusion)) {
    backend.dispatch(applyProgram(shape, fusion), { outputs: [y], inputs, ...elementsDispatch(shape) })
    return { y, mask: [] }
  }
  const { uniforms, workgroups } = maskDispatch(shape)
  const mask = emptyTensor(backend, [maskWords(uniforms.count)], 'int32')
  backend.dispatch(applyWithMaskProgram(shape), { outputs: [y, mask], inputs, uniforms, workgroups })
  return { y, mask: [mask] }
}

/** The statistics [5, C] of `statisticsProgram`. */
function batchStatistics(
  backend: LabBackend,
  x: tf.Tensor,
  scale: tf.Tensor,
  shift: tf.Tensor,
  running?: Running,
): tf.Tensor {
  const shape = shapeOf(x)
  const { software } = backend.choices.adapter
  const { program, parts, chunk, ...moments } = partialMoments(shape, software)
  const partial = emptyTensor(backend, [parts, 2, shape.channels])
  backend.dispatch(program, { outputs: [partial], inputs: [x], ...moments, columns: shape.channels })
  const statistics = emptyTensor(backend, [5, shape.channels])
  const { uniforms, workgroups } = totalsDispatch(shape, parts, software)
  backend.dispatch(statisticsProgram(shape, running !== undefined, software), {
    outputs: [statistics, ...(running ? [running.mean, running.variance] : [])],
    inputs: [partial, scale, shift],
    uniforms: { ...uniforms, rows: shape.rows, chunk, epsilon, momentum: running?.momentum ?? 0 },
    workgroups,
  })
  partial.dispose()
  return statistics
}

/** Gradients by x, scale, shift and the residual. Disposes its inputs within `releasing`. */
function gradients(backend: LabBackend, dy: tf.Tensor, saved: tf.Tensor[], fusion: NormFusion): tf.Tensor[] {
  const [x, statistics, ...mask] = saved
  const shape = shapeOf(x)
  const behindRelu = hasMask(fusion) ? emptyTensor(backend, x.shape) : null
  const dSkip = behindRelu ?? (fusion.residual ? dy.clone() : null)
  const totals = gradientSums(backend, [x, statistics, dy, ...mask], behindRelu ? [behindRelu] : [], fusion)
  if (behindRelu) spent(dy, ...mask)
  const dx = emptyTensor(backend, x.shape)
  const { uniforms, workgroups } = elementsDispatch(shape)
  backend.dispatch(gradientApplyProgram(shape, fusion), {
    outputs: [dx],
    inputs: [x, statistics, behindRelu ?? dy, ...totals],
    uniforms: { ...uniforms, rows: shape.rows },
    workgroups,
  })
  spent(x, statistics, ...(behindRelu ? [] : [dy]))
  const [dShift, dScale] = totals
  return [dx, dScale, dShift, ...(dSkip ? [dSkip] : [])]
}

/** Gradients by shift and scale; writes the gradient behind ReLU to `behind`. */
function gradientSums(backend: LabBackend, inputs: tf.Tensor[], behind: tf.Tensor[], fusion: NormFusion): tf.Tensor[] {
  const shape = shapeOf(inputs[0])
  const { software } = backend.choices.adapter
  const { layout, parts, ...sums } = partialSums(shape, software)
  const partial = emptyTensor(backend, [parts, 2, shape.channels])
  backend.dispatch(gradientSumsProgram(shape, fusion, layout), { outputs: [partial, ...behind], inputs, ...sums })
  const totals = [emptyTensor(backend, [shape.channels]), emptyTensor(backend, [shape.channels])]
  backend.dispatch(gradientTotals(shape, software), {
    outputs: totals,
    inputs: [partial],
    ...totalsDispatch(shape, parts, software),
  })
  partial.dispose()
  return totals
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
  const { uniforms, workgroups } = elementsDispatch(shape)
  backend.dispatch(evaluateProgram(shape, { relu, residual: residual !== undefined }), {
    outputs: [y],
    inputs: [x, scale, shift, mean, variance, ...(residual ? [residual] : [])],
    uniforms: { ...uniforms, epsilon },
    workgroups,
  })
  return y as tf.Tensor4D
}
