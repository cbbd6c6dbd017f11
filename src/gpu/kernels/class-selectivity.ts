/**
 * Class selectivity of units within a batch (Leavitt & Morcos 2020), from per-class sums or means of pooled
 * activations, with the gradient by the activations.
 */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, labBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { lines } from './text.ts'
import { elementEntry, elementGroups } from './vectors.ts'

const selectivityEpsilon = 1e-6

/**
 * A batch grouped by class; only classes that are present count. `order` lists the images class by class. For each listed
 * image, `group` is its class, 0 … groups − 1, and `share` the factor of its activations: 1 for sums, 1 / (images of the
 * class) for means. All [N]; `groups` is [1]. The classes present are values rather than shapes, so that every batch of N
 * images is the same computation.
 */
export interface ClassGroups {
  readonly order: tf.Tensor
  readonly group: tf.Tensor
  readonly share: tf.Tensor
  readonly groups: tf.Tensor
}

/** Groups a batch's labels. */
export function classGroups(labels: Int32Array, statistic: 'mean' | 'sum') {
  const order = [...labels.keys()].sort((a, b) => labels[a] - labels[b] || a - b)
  const present = [...new Set(labels)].sort((a, b) => a - b)
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const ranks = new Map(present.map((label, rank) => [label, rank]))
  return {
    order: Int32Array.from(order),
    group: Int32Array.from(order, (i) => ranks.get(labels[i]) as number),
    share: Float32Array.from(order, (i) => (statistic === 'mean' ? 1 / (counts.get(labels[i]) as number) : 1)),
    groups: Float32Array.of(present.length),
  }
}

/** Shapes and types of the groups of `images` images. */
export const classGroupSpecs = (images: number) =>
  ({
    order: { shape: [images], dtype: 'int32' },
    group: { shape: [images], dtype: 'int32' },
    share: { shape: [images], dtype: 'float32' },
    groups: { shape: [1], dtype: 'float32' },
  }) as const

const uniforms = { images: 'u32', units: 'u32' } as const

/** Reads an image; four are read before the first is used, since a read waits for another. */
const read = (k: number) =>
  `let class${k} = classes[n + ${k}u]; let value${k} = share[n + ${k}u] * pooled[u32(order[n + ${k}u]) * u.units + i];`

const use = (k: number) => `
    if (class${k} != current) {
      total += sum;
      if (current == 0 || sum > top) { top = sum; preferred = current; }
      current = class${k};
      sum = 0f;
    }
    sum += value${k};`

/**
 * index [U]; slopes [3, U]: the index's derivative by the largest class statistic and by each of the others, and the number
 * of the class with the largest. A thread reads the images of its unit class by class, so that one running sum is enough.
 * With fewer than two classes, index and slopes are 0.
 */
const forwardProgram: Program = {
  key: 'class-selectivity',
  outputs: { result: 'f32', slopes: 'f32' },
  inputs: { pooled: 'f32', order: 'i32', classes: 'i32', share: 'f32', groups_: 'f32' },
  uniforms,
  code: `${elementEntry('u.units')}
  var top = 0f;
  var preferred = 0;
  var total = 0f;
  var current = 0;
  var sum = 0f;
  var n = 0u;
  for (; n + 3u < u.images; n += 4u) {
    ${lines(4, read)}
    ${lines(4, use)}
  }
  for (; n < u.images; n++) {
    ${read(0)}
    ${use(0)}
  }
  total += sum;
  if (current == 0 || sum > top) { top = sum; preferred = current; }
  let others = groups_[0] - 1f;
  let alone = others < 1f;
  let rest = (total - top) / others;
  let size = top + rest + ${selectivityEpsilon};
  result[i] = select((top - rest) / size, 0f, alone);
  slopes[i] = select((2f * rest + ${selectivityEpsilon}) / size / size, 0f, alone);
  slopes[u.units + i] = select(-(2f * top + ${selectivityEpsilon}) / size / size / others, 0f, alone);
  slopes[2u * u.units + i] = f32(preferred);
}`,
}

/** dPooled[order n, unit] = dy · slope of the image's class · share */
const gradientProgram: Program = {
  key: 'class-selectivity-gradient',
  outputs: { dPooled: 'f32' },
  inputs: { dy: 'f32', slopes: 'f32', order: 'i32', classes: 'i32', share: 'f32' },
  uniforms,
  code: `${elementEntry('u.images * u.units')}
  let n = i / u.units;
  let unit = i % u.units;
  let isTop = f32(classes[n]) == slopes[2u * u.units + unit];
  let slope = select(slopes[u.units + unit], slopes[unit], isTop);
  dPooled[u32(order[n]) * u.units + unit] = dy[unit] * slope * share[n];
}`,
}

/** Index of each unit, (top − rest) / (top + rest + ε) over class statistics; 0 with fewer than two classes. pooled [N, U] → [U]; differentiable. */
export function classSelectivity(pooled: tf.Tensor2D, groups: ClassGroups): tf.Tensor1D {
  const backend = labBackend()
  return backend ? fused(backend, groups)(pooled) : classSelectivityReference(pooled, groups)
}

function fused(backend: LabBackend, { groups, order, group, share }: ClassGroups) {
  return tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc]
    const [images, units] = input.shape
    const sizes = { images, units }
    const [index, slopes] = [emptyTensor(backend, [units]), emptyTensor(backend, [3, units])]
    backend.dispatch(forwardProgram, {
      outputs: [index, slopes],
      inputs: [input, order, group, share, groups],
      uniforms: sizes,
      workgroups: elementGroups(units),
    })
    save([slopes, order, group, share])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const dPooled = emptyTensor(backend, [images, units])
      backend.dispatch(gradientProgram, {
        outputs: [dPooled],
        inputs: [dy, ...saved],
        uniforms: sizes,
        workgroups: elementGroups(images * units),
      })
      return dPooled
    }
    return { value: index, gradFunc }
  }) as (pooled: tf.Tensor2D) => tf.Tensor1D
}

/** The plain tfjs form of class selectivity. */
function classSelectivityReference(pooled: tf.Tensor2D, { groups, order, group, share }: ClassGroups): tf.Tensor1D {
  // tfjs's one-hot code needs at least two places.
  const places = Math.max(2, pooled.shape[0])
  const rows = tf.mul(tf.gather(pooled, order as tf.Tensor1D), share.expandDims(1))
  const statistics = tf.matMul(tf.oneHot(group as tf.Tensor1D, places).toFloat(), rows, true) as tf.Tensor2D
  const present = tf.less(tf.range(0, places), groups).expandDims(1)
  const top = tf.max<tf.Tensor1D>(tf.where(present, statistics, tf.fill(statistics.shape, Number.NEGATIVE_INFINITY)), 0)
  // With one class the divisor would be 0; the last line masks the result.
  const others = tf.maximum(tf.sub(groups, 1), 1)
  const rest = tf.div(tf.sub(tf.sum(statistics, 0), top), others)
  const index = tf.div(tf.sub(top, rest), tf.add(tf.add(top, rest), selectivityEpsilon))
  return tf.mul(index, tf.minimum(tf.sub(groups, 1), 1))
}
