/** Max pooling over NHWC images, and the average over height and width, with their gradients. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, labBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { spent } from './release.ts'
import { elementEntry, elementGroups, nanSafe, vectorFor } from './vectors.ts'

const poolUniforms = {
  count: 'u32',
  channels: 'i32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
} as const

export interface PoolGeometry {
  readonly size: number
  readonly stride: number
  readonly padding: number
}

const poolKey = ({ size, stride, padding }: PoolGeometry) => `${size}s${stride}p${padding}`

function maxProgram(g: PoolGeometry, channels: number): Program {
  const vector = vectorFor(channels)
  const { type, width } = vector
  return {
    key: `max-pool-${poolKey(g)}-${width}`,
    outputs: { y: type },
    inputs: { x: type },
    uniforms: poolUniforms,
    recomputable: true,
    code: `${nanSafe(vector)}
${elementEntry('u.count')}
  let c = i32(i) % u.channels;
  let pixel = i32(i) / u.channels;
  let x0 = pixel % u.outWidth * ${g.stride} - ${g.padding};
  let y0 = pixel / u.outWidth % u.outHeight * ${g.stride} - ${g.padding};
  let image = pixel / (u.outWidth * u.outHeight);
  var best = ${type}(-3.4e38);
  for (var ky = max(y0, 0); ky < min(y0 + ${g.size}, u.height); ky++) {
    for (var kx = max(x0, 0); kx < min(x0 + ${g.size}, u.width); kx++) {
      let value = x[((image * u.height + ky) * u.width + kx) * u.channels + c];
      best = select(value, best, isNan(best) | ((value <= best) & !isNan(value)));
    }
  }
  y[i] = best;
}`,
  }
}

/**
 * A pixel receives the gradient of every window whose first maximum it is, first in row-major order as in PyTorch. The
 * program reads a window's earlier pixels only where this pixel has the window's value.
 */
function maxGradientProgram(g: PoolGeometry): Program {
  return {
    key: `max-pool-gradient-${poolKey(g)}`,
    outputs: { dx: 'f32' },
    inputs: { dy: 'f32', x: 'f32', y: 'f32' },
    uniforms: poolUniforms,
    code: `
fn isFirst(value : f32, image : i32, c : i32, y0 : i32, x0 : i32, iy : i32, ix : i32) -> bool {
  var first = true;
  for (var ky = max(y0, 0); ky <= iy; ky++) {
    let end = select(min(x0 + ${g.size}, u.width), ix, ky == iy);
    for (var kx = max(x0, 0); kx < end; kx++) {
      first = first & (x[((image * u.height + ky) * u.width + kx) * u.channels + c] != value);
    }
  }
  return first;
}
${elementEntry('u.count')}
  let c = i32(i) % u.channels;
  let pixel = i32(i) / u.channels;
  let ix = pixel % u.width;
  let iy = pixel / u.width % u.height;
  let image = pixel / (u.width * u.height);
  let value = x[i];
  var sum = 0f;
  for (var oy = max(0, (iy + ${g.padding - g.size + g.stride}) / ${g.stride}); oy <= min(u.outHeight - 1, (iy + ${g.padding}) / ${g.stride}); oy++) {
    for (var ox = max(0, (ix + ${g.padding - g.size + g.stride}) / ${g.stride}); ox <= min(u.outWidth - 1, (ix + ${g.padding}) / ${g.stride}); ox++) {
      let at = ((image * u.outHeight + oy) * u.outWidth + ox) * u.channels + c;
      if (y[at] == value) {
        if (isFirst(value, image, c, oy * ${g.stride} - ${g.padding}, ox * ${g.stride} - ${g.padding}, iy, ix)) {
          sum += dy[at];
        }
      }
    }
  }
  dx[i] = sum;
}`,
  }
}

/**
 * Largest value of each size × size window without its padding. x: [N, H, W, C] → [N, H', W', C] with
 * H' = ⌊(H + 2 · padding − size) / stride⌋ + 1. Of equal values the first counts for the gradient.
 */
export function maxPool(x: tf.Tensor4D, { size, stride, padding }: PoolGeometry): tf.Tensor4D {
  const backend = labBackend()
  if (!backend) return tf.maxPool(x, size, stride, padding, 'floor')
  return tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor4D, tf.GradSaveFunc]
    const y = maxPoolForward(backend, input, { size, stride, padding })
    save([input, y])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x_, y_] = saved as [tf.Tensor4D, tf.Tensor4D]
      const dx = maxPoolGradient(backend, dy, x_, y_, { size, stride, padding })
      spent(dy, y_, x_)
      return dx
    }
    return { value: y, gradFunc }
  })(x) as tf.Tensor4D
}

function maxPoolForward(backend: LabBackend, x: tf.Tensor4D, g: PoolGeometry): tf.Tensor4D {
  const [images, height, width, channels] = x.shape
  const out = (size: number) => Math.floor((size + 2 * g.padding - g.size) / g.stride) + 1
  const y = emptyTensor(backend, [images, out(height), out(width), channels])
  const vector = vectorFor(channels).width
  const count = y.size / vector
  backend.dispatch(maxProgram(g, channels), {
    outputs: [y],
    inputs: [x],
    uniforms: {
      count,
      channels: channels / vector,
      height,
      width,
      outHeight: out(height),
      outWidth: out(width),
    },
    workgroups: elementGroups(count),
  })
  return y as tf.Tensor4D
}

function maxPoolGradient(backend: LabBackend, dy: tf.Tensor, x: tf.Tensor4D, y: tf.Tensor4D, g: PoolGeometry) {
  const [, height, width, channels] = x.shape
  const dx = emptyTensor(backend, x.shape)
  backend.dispatch(maxGradientProgram(g), {
    outputs: [dx],
    inputs: [dy, x, y],
    uniforms: { count: x.size, channels, height, width, outHeight: y.shape[1], outWidth: y.shape[2] },
    workgroups: elementGroups(x.size),
  })
  return dx
}

const averageUniforms = { count: 'u32', channels: 'u32', pixels: 'u32', size: 'f32' } as const

const averageProgram: Program = {
  key: 'global-average',
  outputs: { y: 'f32' },
  inputs: { x: 'f32' },
  uniforms: averageUniforms,
  code: `${elementEntry('u.count')}
  let at = i / u.channels * u.pixels * u.channels + i % u.channels;
  var sum = 0f;
  for (var p = 0u; p < u.pixels; p++) { sum += x[at + p * u.channels]; }
  y[i] = sum / u.size;
}`,
}

const averageGradientProgram: Program = {
  key: 'global-average-gradient',
  outputs: { dx: 'f32' },
  inputs: { dy: 'f32' },
  uniforms: averageUniforms,
  code: `${elementEntry('u.count')}
  dx[i] = dy[i / (u.pixels * u.channels) * u.channels + i % u.channels] / u.size;
}`,
}

/** Mean over height and width. x: [N, H, W, C] → [N, C] */
export function globalAverage(x: tf.Tensor4D): tf.Tensor2D {
  const backend = labBackend()
  if (!backend) return tf.mean(x, [1, 2])
  const [images, height, width, channels] = x.shape
  const pixels = height * width
  const sizes = { channels, pixels, size: pixels }
  return tf.customGrad((...args) => {
    const [input] = args as tf.Tensor[]
    const y = emptyTensor(backend, [images, channels])
    backend.dispatch(averageProgram, {
      outputs: [y],
      inputs: [input],
      uniforms: { count: y.size, ...sizes },
      workgroups: elementGroups(y.size),
    })
    const gradFunc = (dy: tf.Tensor) => {
      const dx = emptyTensor(backend, x.shape)
      backend.dispatch(averageGradientProgram, {
        outputs: [dx],
        inputs: [dy],
        uniforms: { count: dx.size, ...sizes },
        workgroups: elementGroups(dx.size),
      })
      spent(dy)
      return dx
    }
    return { value: y, gradFunc }
  })(x) as tf.Tensor2D
}
