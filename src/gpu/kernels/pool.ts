/** Max pooling over NHWC images, and the average over height and width, with their gradients. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, labBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { spent } from './release.ts'
import {
  eachRow,
  hasResult,
  type RowLayout,
  rowDispatch,
  rowEntry,
  rowLayout,
  rowUniforms,
  sumOfFour,
  tree,
  treeMemory,
} from './rows.ts'
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
    // The gradient compares y with x, so y keeps every digit of a value in x, in f16 or not.
    half: { reads: ['x'] },
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
function maxGradientProgram(g: PoolGeometry, channels: number): Program {
  const { type, width } = vectorFor(channels)
  const truth = width === 4 ? 'vec4<bool>' : 'bool'
  const first = (size: string) => `max(0, (${size} + ${g.padding - g.size + g.stride}) / ${g.stride})`
  const last = (size: string, count: string) => `min(${count} - 1, (${size} + ${g.padding}) / ${g.stride})`
  return {
    key: `max-pool-gradient-${poolKey(g)}-${width}`,
    outputs: { dx: type },
    inputs: { dy: type, x: type, y: type },
    uniforms: poolUniforms,
    half: { reads: ['dy', 'x'], writes: { dx: 'gradient' } },
    code: `
fn isFirst(value : ${type}, image : i32, c : i32, y0 : i32, x0 : i32, iy : i32, ix : i32) -> ${truth} {
  var first = ${truth}(true);
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
  var sum = ${type}();
  for (var oy = ${first('iy')}; oy <= ${last('iy', 'u.outHeight')}; oy++) {
    for (var ox = ${first('ix')}; ox <= ${last('ix', 'u.outWidth')}; ox++) {
      let at = ((image * u.outHeight + oy) * u.outWidth + ox) * u.channels + c;
      let equal = y[at] == value;
      if (any(equal)) {
        let chosen = equal & isFirst(value, image, c, oy * ${g.stride} - ${g.padding}, ox * ${g.stride} - ${g.padding}, iy, ix);
        sum += select(${type}(), dy[at], chosen);
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
  const vector = vectorFor(channels).width
  const count = x.size / vector
  backend.dispatch(maxGradientProgram(g, channels), {
    outputs: [dx],
    inputs: [dy, x, y],
    uniforms: { count, channels: channels / vector, height, width, outHeight: y.shape[1], outWidth: y.shape[2] },
    workgroups: elementGroups(count),
  })
  return dx
}

/** y [images, C]: the mean over an image's rows, which are a chunk. */
function averageProgram(channels: number, layout: RowLayout): Program {
  const { type, width } = vectorFor(channels)
  return {
    key: `global-average-${width}-${layout.lanes}`,
    outputs: { y: type },
    inputs: { x: type },
    uniforms: rowUniforms,
    half: { reads: ['x'] },
    code: `${treeMemory(layout, { sum: type })}${rowEntry(layout)}
  var sum = ${type}();
  ${eachRow(layout, {
    load: (k, at) => `let x${k} = x[${at}];`,
    four: `sum += ${sumOfFour((k) => `x${k}`)};`,
    one: 'sum += x0;',
  })}
  ${tree(layout.lanes, `${layout.wide}u`, ['sum'], 'sum += sumOf[other];')}
  if (${hasResult(layout)}) { y[chunk * u.channels + c] = sum / f32(u.chunk); }
}`,
  }
}

function averageGradientProgram(channels: number): Program {
  const { type, width } = vectorFor(channels)
  return {
    key: `global-average-gradient-${width}`,
    outputs: { dx: type },
    inputs: { dy: type },
    uniforms: { count: 'u32', channels: 'u32', pixels: 'u32', size: 'f32' },
    half: { reads: [], writes: { dx: 'gradient' } },
    code: `${elementEntry('u.count')}
  dx[i] = dy[i / (u.pixels * u.channels) * u.channels + i % u.channels] / u.size;
}`,
  }
}

/** Most vectors of channels side by side in a workgroup of the average: there are few images, and many workgroups are wanted. */
const averageWidth = 8

/** Mean over height and width. x: [N, H, W, C] → [N, C] */
export function globalAverage(x: tf.Tensor4D): tf.Tensor2D {
  const backend = labBackend()
  if (!backend) return tf.mean(x, [1, 2])
  const [images, height, width, channels] = x.shape
  const pixels = height * width
  const columns = channels / vectorFor(channels).width
  return tf.customGrad((...args) => {
    const [input] = args as tf.Tensor[]
    const y = emptyTensor(backend, [images, channels])
    const layout = rowLayout(columns, backend.choices.adapter.software, averageWidth)
    backend.dispatch(averageProgram(channels, layout), {
      outputs: [y],
      inputs: [input],
      ...rowDispatch(layout, images * pixels, columns, pixels),
    })
    const gradFunc = (dy: tf.Tensor) => {
      const dx = emptyTensor(backend, x.shape)
      const count = images * pixels * columns
      backend.dispatch(averageGradientProgram(channels), {
        outputs: [dx],
        inputs: [dy],
        uniforms: { count, channels: columns, pixels, size: pixels },
        workgroups: elementGroups(count),
      })
      spent(dy)
      return dx
    }
    return { value: y, gradFunc }
  })(x) as tf.Tensor2D
}
