/** Softmax cross-entropy and the rank of the true class, with the gradient by the logits. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, labBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { addParts, addPartsDispatch } from './add-parts.ts'
import { elementEntry, elementGroups } from './vectors.ts'

const uniforms = { images: 'u32', classes: 'u32' } as const

/** Declares `at`, where the image's row begins, `top`, its largest logit, and `place`, the class that has it. */
const row = `
  let at = i * u.classes;
  var top = logits[at];
  var place = 0u;
  for (var c = 1u; c < u.classes; c++) {
    if (logits[at + c] > top) { top = logits[at + c]; place = c; }
  }
  let label = u32(labels[i]);`

/** Sum of exp(logit − top) over all classes but one. */
const sumWithout = (name: string, without: string) => `
  var ${name} = 0f;
  for (var c = 0u; c < u.classes; c++) { ${name} += select(exp(logits[at + c] - top), 0f, c == ${without}); }`

/** log(1 + x) for x ≥ 0; the series is exact to 1.3e-8 below 0.1, where 1 + x would round x away. */
const logOnePlus = `
fn logOnePlus(x : f32) -> f32 {
  let series = x * (1f - x * (1f / 2f - x * (1f / 3f - x * (1f / 4f - x * (1f / 5f - x * (1f / 6f - x / 7f))))));
  return select(log(1f + x), series, x < 0.1f);
}
`

/**
 * each [N, 3]: −log softmax at the label; 1 where the label's logit is the largest, and among the five largest, else 0.
 * An image with a logit that is not finite counts as wrong. The exponent's bits show it: a comparison with NaN is false, and
 * a compiler may assume that there is no NaN.
 */
const forwardProgram: Program = {
  key: 'cross-entropy',
  outputs: { each: 'f32' },
  inputs: { logits: 'f32', labels: 'i32' },
  uniforms,
  code: `${logOnePlus}${elementEntry('u.images')}
  ${row}
  ${sumWithout('rest', 'place')}
  let own = logits[at + label];
  var rank = 0u;
  var finite = true;
  for (var c = 0u; c < u.classes; c++) {
    let value = logits[at + c];
    finite = finite & ((bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u);
    rank += select(0u, 1u, (value > own) | ((value == own) & (c < label)));
  }
  each[3u * i] = logOnePlus(rest) - (own - top);
  each[3u * i + 1u] = select(0f, 1f, finite & (rank < 1u));
  each[3u * i + 2u] = select(0f, 1f, finite & (rank < 5u));
}`,
}

/** (softmax − one-hot) · dy; at the label, softmax − 1 is the sum over the other classes, which loses no digits. */
const gradientProgram: Program = {
  key: 'cross-entropy-gradient',
  outputs: { gradient: 'f32' },
  inputs: { logits: 'f32', labels: 'i32', dy: 'f32' },
  uniforms,
  code: `${elementEntry('u.images')}
  ${row}
  ${sumWithout('rest', 'label')}
  let sum = rest + exp(logits[at + label] - top);
  for (var c = 0u; c < u.classes; c++) {
    gradient[at + c] = select(exp(logits[at + c] - top), -rest, c == label) / sum * dy[0];
  }
}`,
}

export interface Scores {
  /** Sum over images of −log softmax(logits)[label]; differentiable in the logits. */
  readonly crossEntropy: tf.Scalar
  /**
   * Number of images whose true class has the largest logit, or one of the five largest. Of equal logits the lower class
   * comes first. An image with a logit that is not finite is wrong.
   */
  readonly top1: tf.Scalar
  readonly top5: tf.Scalar
}

/** logits [N, C], labels [N] int32. */
export function scores(logits: tf.Tensor2D, labels: tf.Tensor1D): Scores {
  const backend = labBackend()
  if (!backend) return scoresReference(logits, labels)
  const [images, classes] = logits.shape
  let totals: tf.Tensor | null = null
  const crossEntropy = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    const each = emptyTensor(backend, [images, 3])
    const shape = { uniforms: { images, classes }, workgroups: elementGroups(images) }
    backend.dispatch(forwardProgram, { outputs: [each], inputs: [input, labels], ...shape })
    totals = tf.keep(emptyTensor(backend, [3]))
    backend.dispatch(addParts, { outputs: [totals], inputs: [each], ...addPartsDispatch(3, images) })
    each.dispose()
    save([input, labels])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const gradient = emptyTensor(backend, [images, classes])
      backend.dispatch(gradientProgram, { outputs: [gradient], inputs: [...saved, dy], ...shape })
      return gradient
    }
    return { value: tf.slice(totals, [0], [1]).asScalar(), gradFunc }
  })(logits) as tf.Scalar
  const [top1, top5] = [1, 2].map((at) => tf.slice(totals as unknown as tf.Tensor1D, [at], [1]).asScalar())
  tf.dispose(totals as unknown as tf.Tensor)
  return { crossEntropy, top1, top5 }
}

/** The summands of `scores` per image: [N, 3] cross-entropy, and 1 or 0 for top-1 and top-5. Not differentiable. */
export function imageScores(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor2D {
  const backend = labBackend()
  if (!backend) return tf.stack(Object.values(eachReference(logits, labels)), 1) as tf.Tensor2D
  const [images, classes] = logits.shape
  const each = emptyTensor(backend, [images, 3])
  const shape = { uniforms: { images, classes }, workgroups: elementGroups(images) }
  backend.dispatch(forwardProgram, { outputs: [each], inputs: [logits, labels], ...shape })
  return each as tf.Tensor2D
}

/** The plain tfjs form of `imageScores`, each [N]. */
function eachReference(logits: tf.Tensor2D, labels: tf.Tensor1D) {
  const classes = logits.shape[1]
  const truth = tf.oneHot(labels, classes).toFloat()
  const crossEntropy = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), truth), 1))
  const own = tf.sum(tf.mul(logits, truth), 1, true)
  const before = tf.logicalAnd(tf.equal(logits, own), tf.less(tf.range(0, classes), labels.toFloat().expandDims(1)))
  const rank = tf.sum(tf.add(tf.greater(logits, own).toFloat(), before.toFloat()), 1)
  const finite = tf.all(tf.isFinite(logits), 1)
  const within = (k: number) => tf.logicalAnd(finite, tf.less(rank, k)).toFloat()
  return { crossEntropy, top1: within(1), top5: within(5) }
}

/** The plain tfjs form of `scores`. */
function scoresReference(logits: tf.Tensor2D, labels: tf.Tensor1D): Scores {
  const { crossEntropy, top1, top5 } = eachReference(logits, labels)
  return { crossEntropy: tf.sum(crossEntropy), top1: tf.sum(top1), top5: tf.sum(top5) }
}
