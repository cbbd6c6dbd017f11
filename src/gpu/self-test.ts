/** Refuses a driver that computes wrong numbers: compares a few operations with plain arithmetic on the CPU. */
import * as tf from '@tensorflow/tfjs'
import { stream } from '../random.ts'
import { DeviceError } from './device.ts'
import { type Gpu, read } from './read.ts'

const N = 2
const H = 7
const I = 3
const O = 5
const K = 3
const STRIDE = 2
const PAD = 1
const OUT = 4

/** Calls `visit` for every product of the convolution, with the indices of output, input and filter. */
function eachProduct(visit: (y: number, x: number, w: number) => void): void {
  const taps: [number, number, number, number, number][] = []
  for (let n = 0; n < N; n++)
    for (let oy = 0; oy < OUT; oy++)
      for (let ox = 0; ox < OUT; ox++)
        for (let ky = 0; ky < K; ky++) for (let kx = 0; kx < K; kx++) taps.push([n, oy, ox, ky, kx])
  for (const [n, oy, ox, ky, kx] of taps) {
    const iy = oy * STRIDE + ky - PAD
    const ix = ox * STRIDE + kx - PAD
    if (iy < 0 || ix < 0 || iy >= H || ix >= H) continue
    for (let i = 0; i < I; i++)
      for (let o = 0; o < O; o++)
        visit(((n * OUT + oy) * OUT + ox) * O + o, ((n * H + iy) * H + ix) * I + i, ((ky * K + kx) * I + i) * O + o)
  }
}

const normals = (name: string, length: number) => {
  const random = stream(0, 'self-test', name)
  return Float32Array.from({ length }, () => random.normal())
}

function onCpu(x: Float32Array, w: Float32Array, dy: Float32Array) {
  const y = new Float64Array(dy.length)
  const dx = new Float64Array(x.length)
  const dw = new Float64Array(w.length)
  eachProduct((a, b, c) => {
    y[a] += x[b] * w[c]
    dx[b] += dy[a] * w[c]
    dw[c] += dy[a] * x[b]
  })
  return [y, dx, dw, Float64Array.of(x.reduce((sum, v) => sum + v, 0))]
}

function onGpu(x: Float32Array, w: Float32Array, dy: Float32Array): tf.Tensor[] {
  return tf.tidy(() => {
    const input = tf.tensor4d(x, [N, H, H, I])
    const filter = tf.tensor4d(w, [K, K, I, O])
    const conv = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.conv2d(a, b, STRIDE, PAD, 'NHWC', 1, 'floor')
    const [dx, dw] = tf.grads((a, b) => conv(a as tf.Tensor4D, b as tf.Tensor4D))(
      [input, filter],
      tf.tensor4d(dy, [N, OUT, OUT, O]),
    )
    return [conv(input, filter), dx, dw, tf.sum(input)]
  })
}

/** ‖a − b‖ / ‖b‖ */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0
  let norm = 0
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2
    norm += b[i] ** 2
  }
  return Math.sqrt(difference / (norm || 1))
}

const names = ['a convolution', 'its gradient by the input', 'its gradient by the filter', 'a sum']

/** Rejects with DeviceError when results differ from the CPU's by more than 1e-4 (norm of the difference over norm). */
export async function selfTest(gpu: Gpu, compute: typeof onGpu = onGpu): Promise<void> {
  const x = normals('x', N * H * H * I)
  const w = normals('w', K * K * I * O)
  const dy = normals('dy', N * OUT * OUT * O)
  const tensors = compute(x, w, dy)
  const got = await read(gpu, tensors).finally(() => tf.dispose(tensors))
  const expected = onCpu(x, w, dy)
  for (const [i, name] of names.entries()) {
    const difference = relativeDifference(got[i], expected[i])
    if (!(difference < 1e-4)) {
      throw new DeviceError(
        'self-test',
        `The GPU driver computes wrong numbers: ${name} on ${gpu.adapter.name} is off by ${difference.toPrecision(2)} (relative). Update the driver or choose another GPU.`,
      )
    }
  }
}
