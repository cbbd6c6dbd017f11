/** Training steps with jax-js on WebGPU. The whole step is one jitted function. Images are NCHW, filters OIHW. */
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { imagenetDeviation, imagenetMean } from '../../src/model/input.ts'
import type { Architecture, BlockSpec, ConvSpec } from '../../src/model/resnet.ts'
import { type BenchCase, classes, type Peer } from '../case.ts'

/** Constants of batch norm, as in PyTorch. */
const epsilon = 1e-5
const statisticsMomentum = 0.1

/** Arrays by their name in torchvision. */
type Arrays = { [name: string]: np.Array }

/** The state that a step takes and returns. */
type State = { parameters: Arrays; velocity: Arrays; running: Arrays }

/** Normalizes and transposes images: [count · size · size · 3] uint8, HWC → [count, 3, size, size]. */
function toInput(images: Uint8Array, count: number, size: number): np.Array {
  const pixels = size * size
  const values = new Float32Array(count * 3 * pixels)
  for (let i = 0; i < images.length; i++) {
    const channel = i % 3
    const pixel = (i - channel) / 3
    const image = Math.floor(pixel / pixels)
    values[(image * 3 + channel) * pixels + (pixel % pixels)] =
      (images[i] / 255 - imagenetMean[channel]) / imagenetDeviation[channel]
  }
  return np.array(values, { shape: [count, 3, size, size] })
}

/** [count] → [count, classes] */
function toTargets(labels: Int32Array): np.Array {
  const values = new Float32Array(labels.length * classes)
  for (const [i, label] of labels.entries()) values[i * classes + label] = 1
  return np.array(values, { shape: [labels.length, classes] })
}

/**
 * Mean over N, H and W: [N, C, H, W] → [1, C, 1, 1]. It first sums over the pixels of each image, because a single sum
 * over all three axes would leave most of the GPU idle.
 */
const channelMeans = (x: np.Array): np.Array => x.mean([2, 3], { keepdims: true }).mean(0, { keepdims: true })

/** [1, C, 1, 1] → [N, C, 1, 1], so that the gradient's sums also go over the pixels of each image first. */
const perImage = (x: np.Array, count: number): np.Array => np.broadcastTo(x, [count, ...x.shape.slice(1)])

/** Batch norm in training mode. Writes the batch's mean and unbiased variance, both [C], to `statistics`. */
function batchNorm(x: np.Array, norm: string, parameters: Arrays, statistics: Arrays): np.Array {
  const [count, channels, height, width] = x.shape
  const n = count * height * width
  const mean = channelMeans(x.ref)
  // The variance has no gradient by the mean.
  const variance = channelMeans(np.square(x.ref.sub(lax.stopGradient(mean.ref))))
  statistics[`${norm}.running_mean`] = lax.stopGradient(mean.ref.reshape([channels]))
  statistics[`${norm}.running_var`] = lax.stopGradient(variance.ref.reshape([channels]).mul(n / (n - 1)))
  const scale = parameters[`${norm}.weight`].ref.reshape([1, channels, 1, 1])
  const shift = parameters[`${norm}.bias`].ref.reshape([1, channels, 1, 1])
  const factor = scale.div(np.sqrt(variance.add(epsilon)))
  const offset = shift.sub(mean.mul(factor.ref))
  return x.mul(perImage(factor, count)).add(perImage(offset, count))
}

function convNorm(x: np.Array, c: ConvSpec, parameters: Arrays, statistics: Arrays): np.Array {
  const { padding, stride } = c
  const pads: [number, number][] = [
    [padding, padding],
    [padding, padding],
  ]
  const y = lax.convGeneralDilated(x, parameters[`${c.name}.weight`].ref, [stride, stride], pads)
  return batchNorm(y, c.norm, parameters, statistics)
}

/** 3×3 max pool with stride 2 and padding 1. The values are not negative, so padding with 0 equals padding with −∞. */
function maxPool(x: np.Array): np.Array {
  const padded = np.pad(x, [
    [0, 0],
    [0, 0],
    [1, 1],
    [1, 1],
  ])
  return lax.reduceWindow(padded, (window) => np.max(window), [3, 3], [2, 2])
}

function residual(x: np.Array, block: BlockSpec, parameters: Arrays, statistics: Arrays): np.Array {
  const last = block.convs.length - 1
  const y = block.convs.reduce((h, c, i) => {
    const normed = convNorm(h, c, parameters, statistics)
    return i === last ? normed : nn.relu(normed)
  }, x.ref)
  const skip = block.downsample ? convNorm(x, block.downsample, parameters, statistics) : x
  return nn.relu(y.add(skip))
}

/** Logits [N, classes] of x [N, 3, H, W]. */
function forward(net: Architecture, parameters: Arrays, x: np.Array, statistics: Arrays): np.Array {
  let h = nn.relu(convNorm(x, net.stem, parameters, statistics))
  if (net.pool) h = maxPool(h)
  for (const block of net.blocks) h = residual(h, block, parameters, statistics)
  const features = h.mean([2, 3])
  return np.matmul(features, parameters['fc.weight'].ref.transpose()).add(parameters['fc.bias'].ref)
}

function trainStep(c: BenchCase) {
  const { net, learningRate, momentum, weightDecay } = c
  const lossOf = (parameters: Arrays, x: np.Array, targets: np.Array): [np.Array, Arrays] => {
    const statistics: Arrays = {}
    const logits = forward(net, parameters, x, statistics)
    tree.dispose(parameters)
    const loss = nn.logSoftmax(logits).mul(targets).sum(-1).mean().neg()
    return [loss, statistics]
  }
  const differentiate = valueAndGrad(lossOf, { hasAux: true })

  return jit(({ parameters, velocity, running }: State, x: np.Array, targets: np.Array): [np.Array, State] => {
    const [[loss, statistics], gradients] = differentiate(tree.ref(parameters), x, targets)
    const next: State = { parameters: {}, velocity: {}, running: {} }
    for (const [name, w] of Object.entries(parameters)) {
      const decayed = gradients[name].add(w.ref.mul(weightDecay))
      const v = velocity[name].mul(momentum).add(decayed)
      next.velocity[name] = v.ref
      next.parameters[name] = w.sub(v.mul(learningRate))
    }
    for (const [name, value] of Object.entries(running)) {
      next.running[name] = value.mul(1 - statisticsMomentum).add(statistics[name].mul(statisticsMomentum))
    }
    return [loss, next]
  })
}

function upload({ weights }: BenchCase): State {
  const state: State = { parameters: {}, velocity: {}, running: {} }
  for (const { name, shape, values, trainable } of weights) {
    const array = np.array(values, { shape: [...shape] })
    if (trainable) {
      state.parameters[name] = array
      state.velocity[name] = np.zeros([...shape])
    } else {
      state.running[name] = array
    }
  }
  return state
}

/** Throws where there is no WebGPU. */
export async function makeJaxPeer(c: BenchCase): Promise<Peer> {
  const devices = await init('webgpu')
  if (!devices.includes('webgpu')) throw new Error('jax-js finds no WebGPU')
  defaultDevice('webgpu')

  const { batch, inputSize } = c.options
  const x = toInput(c.images, batch, inputSize)
  const targets = toTargets(c.labels)
  const step = trainStep(c)
  let state = upload(c)

  return {
    name: 'jax-js',
    step: async () => {
      // The step takes over the state's buffers and frees them.
      const [loss, next] = step(state, x.ref, targets.ref)
      state = next
      // Submits all kernels of the step, updates included, before the copy that it waits for.
      const [value] = await loss.data()
      return value
    },
    dispose: () => {
      tree.dispose(state)
      x.dispose()
      targets.dispose()
      step.dispose()
    },
  }
}
