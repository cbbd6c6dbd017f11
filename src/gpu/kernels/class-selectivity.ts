/**
 * Class selectivity of units within a batch (Leavitt & Morcos 2020), from per-class sums or means of pooled
 * activations, with the gradient by the activations.
 */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, labBackend, type Program } from '../program.ts'
import { elementEntry, elementGroups } from './vectors.ts'

export const selectivityEpsilon = 1e-6

/**
 * A batch by class: only classes that are present count. `order` lists the images class by class, `group` says which
 * class, 0 … groups − 1, each listed image is of, and `share` by what its activations are multiplied: 1 for sums,
 * 1 / (images of the class) for means. All [N].
 */
export interface ClassGroups {
  readonly groups: number
  readonly order: tf.Tensor1D
  readonly group: tf.Tensor1D
  readonly share: tf.Tensor1D
}

/** Groups a batch's labels; the caller disposes the tensors. */
export function classGroups(labels: Int32Array, statistic: 'mean' | 'sum'): ClassGroups {
  const order = [...labels.keys()].sort((a, b) => labels[a] - labels[b] || a - b)
  const present = [...new Set(labels)].sort((a, b) => a - b)
  const counts = new Map<number, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const ranks = new Map(present.map((label, rank) => [label, rank]))
  return {
    groups: present.length,
    order: tf.tensor1d(order, 'int32'),
    group: tf.tensor1d(
      order.map((i) => ranks.get(labels[i]) as number),
      'int32',
    ),
    share: tf.tensor1d(order.map((i) => (statistic === 'mean' ? 1 / (counts.get(labels[i]) as number) : 1))),
  }
}

const uniforms = { images: 'u32', units: 'u32', groups: 'u32' } as const

/**
 * index [U]; slopes [3, U]: by the largest class statistic, by each of the others, and which class was the largest.
 * A thread walks the images of its unit class by class, so that one running sum is enough.
 */
const forwardProgram: Program = {
  key: 'class-selectivity',
  outputs: { result: 'f32', slopes: 'f32' },
  inputs: { pooled: 'f32', order: 'i32', classes: 'i32', share: 'f32' },
  uniforms,
  code: `${elementEntry('u.units')}
  var top = 0f;
  var preferred = 0;
  var total = 0f;
  var current = 0;
  var sum = 0f;
  for (var n = 0u; n < u.images; n++) {
    if (classes[n] != current) {
      total += sum;
      if (current == 0 || sum > top) { top = sum; preferred = current; }
      current = classes[n];
      sum = 0f;
    }
    sum += share[n] * pooled[u32(order[n]) * u.units + i];
  }
  total += sum;
  if (current == 0 || sum > top) { top = sum; preferred = current; }
  let others = f32(u.groups - 1u);
  let rest = (total - top) / others;
  let size = top + rest + ${selectivityEpsilon};
  result[i] = (top - rest) / size;
  slopes[i] = (2f * rest + ${selectivityEpsilon}) / size / size;
  slopes[u.units + i] = -(2f * top + ${selectivityEpsilon}) / size / size / others;
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

/** Index of each unit, (top − rest) / (top + rest + ε) over class statistics. pooled [N, U] → [U]; differentiable. Needs two classes. */
export function classSelectivity(pooled: tf.Tensor2D, groups: ClassGroups): tf.Tensor1D {
  const backend = labBackend()
  return backend ? fused(backend, groups)(pooled) : classSelectivityReference(pooled, groups)
}

function fused(backend: LabBackend, { groups, order, group, share }: ClassGroups) {
  return tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc]
    const [images, units] = input.shape
    const sizes = [images, units, groups]
    const [index, slopes] = [emptyTensor(backend, [units]), emptyTensor(backend, [3, units])]
    backend.dispatch(forwardProgram, {
      outputs: [index, slopes],
      inputs: [input, order, group, share],
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

/** The plain tfjs form. */
export function classSelectivityReference(
  pooled: tf.Tensor2D,
  { groups, order, group, share }: ClassGroups,
): tf.Tensor1D {
  const rows = tf.mul(tf.gather(pooled, order), share.expandDims(1))
  const statistics = tf.matMul(tf.oneHot(group, groups).toFloat(), rows, true) as tf.Tensor2D
  const top = tf.max<tf.Tensor1D>(statistics, 0)
  const rest = tf.div(tf.sub(tf.sum(statistics, 0), top), groups - 1)
  return tf.div(tf.sub(top, rest), tf.add(tf.add(top, rest), selectivityEpsilon))
}
