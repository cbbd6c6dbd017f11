/** Replaces tfjs's convolutions and matrix products on the lab's backend. */
import * as tf from '@tensorflow/tfjs'
import { type LabBackend, labBackend } from '../../lab-backend.ts'
import { chosenVariant } from '../choose.ts'
import { spent } from '../release.ts'
import { type Arguments, replace } from '../replace.ts'
import type { Geometry, Operation } from './geometry.ts'
import { convolve } from './operations.ts'

type Attributes = tf.NamedAttrMap
type Info = tf.backend_util.Conv2DInfo

interface ConvAttributes {
  readonly strides: [number, number] | number
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding
  readonly dataFormat: 'NHWC' | 'NCHW'
  readonly dilations?: [number, number] | number
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

type Shape4 = [number, number, number, number]

function infoOf(x: number[], filter: number[], attributes: ConvAttributes): Info {
  const { strides, pad, dataFormat, dilations = 1, dimRoundingMode = 'floor' } = attributes
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat)
  return tf.backend_util.computeConv2DInfo(
    x as Shape4,
    filter as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    format,
  )
}

/** The geometry for the lab's programs, which support NHWC without dilation; null for anything else. */
function geometryOf(info: Info): Geometry | null {
  if (info.dataFormat !== 'channelsLast' || info.dilationHeight !== 1 || info.dilationWidth !== 1) return null
  return {
    images: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    inputs: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outputs: info.outChannels,
    kernel: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    padding: [info.padInfo.top, info.padInfo.left],
  }
}

const attributesOf = (attrs: Attributes | undefined) => attrs as unknown as ConvAttributes

function run(backend: LabBackend, operation: Operation, info: Info, a: tf.TensorInfo, b: tf.TensorInfo) {
  const geometry = geometryOf(info)
  return geometry && convolve(backend, operation, geometry, [a, b], chosenVariant(backend, operation, geometry))
}

const input = (args: Arguments, name: string) => args.inputs[name] as tf.TensorInfo

/** A product as a convolution of 1 × 1 images. */
const product = (images: number, inputs: number, outputs: number): Geometry => ({
  images,
  height: 1,
  width: 1,
  inputs,
  outHeight: 1,
  outWidth: 1,
  outputs,
  kernel: [1, 1],
  stride: [1, 1],
  padding: [0, 0],
})

/** A · B, A · Bᵀ and Aᵀ · B are the three operations of a 1 × 1 convolution. */
function matMul(args: Arguments, backend: LabBackend): tf.TensorInfo | null {
  const [a, b] = [input(args, 'a'), input(args, 'b')]
  const { transposeA, transposeB } = args.attrs as unknown as { transposeA: boolean; transposeB: boolean }
  const single = (shape: number[]) => shape.slice(0, -2).every((size) => size === 1)
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || !single(a.shape) || !single(b.shape)) return null
  if (transposeA && transposeB) return null
  const [ra, ca] = a.shape.slice(-2)
  const [rb, cb] = b.shape.slice(-2)
  const [operation, g]: [Operation, Geometry] = transposeA
    ? ['filter-gradient', product(ra, ca, cb)]
    : transposeB
      ? ['input-gradient', product(ra, rb, ca)]
      : ['forward', product(ra, ca, cb)]
  const shape = [...a.shape.slice(0, -2), transposeA ? ca : ra, transposeB ? rb : cb]
  const result = convolve(backend, operation, g, [a, b], chosenVariant(backend, operation, g))
  return { ...result, shape }
}

let registered = false

/** Registers the replacements once. Other backends, and other webgpu backends than the lab's, still run tfjs's kernels. */
export function registerConvolutions(): void {
  if (registered) return
  registered = true
  replace('Conv2D', (args, backend) => {
    const [x, filter] = [input(args, 'x'), input(args, 'filter')]
    return run(backend, 'forward', infoOf(x.shape, filter.shape, attributesOf(args.attrs)), x, filter)
  })
  replace('Conv2DBackpropInput', (args, backend) => {
    const [dy, filter] = [input(args, 'dy'), input(args, 'filter')]
    const { inputShape } = args.attrs as unknown as { inputShape: number[] }
    return run(backend, 'input-gradient', infoOf(inputShape, filter.shape, attributesOf(args.attrs)), dy, filter)
  })
  replace('Conv2DBackpropFilter', (args, backend) => {
    const [x, dy] = [input(args, 'x'), input(args, 'dy')]
    const { filterShape } = args.attrs as unknown as { filterShape: number[] }
    return run(backend, 'filter-gradient', infoOf(x.shape, filterShape, attributesOf(args.attrs)), x, dy)
  })
  replace('BatchMatMul', matMul)
  releaseEarly()
}

/**
 * Disposes what a convolution saved before the whole backward pass ends: after the second of its gradients. tfjs computes
 * them in the order of the inputs, first by the image (unless that gradient is unused), then by the filter.
 */
function releaseEarly(): void {
  const stock = tf.getGradient('Conv2D')
  const gradFunc: tf.GradFunc = (dy, saved, attrs) => {
    const gradients = stock.gradFunc(dy, saved, attrs)
    if (!labBackend()) return gradients
    return {
      x: gradients.x,
      filter: () => {
        const result = gradients.filter()
        spent(dy as tf.Tensor, saved[0])
        return result
      },
    }
  }
  tf.unregisterGradient('Conv2D')
  tf.registerGradient({ ...stock, gradFunc })
}
