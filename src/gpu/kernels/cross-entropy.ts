/** Softmax cross-entropy and the rank of the true class, with the gradient by the logits. */
import * as tf from '@tensorflow/tfjs'
import { emptyTensor, type LabBackend, labBackend } from '../lab-backend.ts'
import type { Program } from '../program.ts'
import { addParts, addPartsDispatch } from './add-parts.ts'
import { entry, spread } from './text.ts'
import { elementEntry, elementGroups } from './vectors.ts'

const uniforms = { images: 'u32', classes: 'u32' } as const

/** Threads that share an image: a workgroup of a GPU; one on software adapters, where barriers are slow. */
const threadsFor = ({ choices }: LabBackend): number => (choices.adapter.software ? 1 : 128)

/** Uniforms and workgroups of a program over the images of logits [N, C]. */
const imageDispatch = ([images, classes]: readonly number[], threads: number) => ({
  uniforms: { images, classes },
  workgroups: threads === 1 ? elementGroups(images) : spread(images),
})

/** Workgroup memory of the threads of an image. */
const memory = (threads: number) =>
  threads === 1
    ? ''
    : ['top : array<f32', 'place : array<u32', 'sum : array<f32', 'rank : array<u32']
        .map((text) => `var<workgroup> ${text.replace(' :', 'Of :')}, ${threads}>;`)
        .join('\n')

/** Begins `main`: image `i`, and the thread's classes, from `lane` in steps of the threads. */
const imageEntry = (threads: number) =>
  threads === 1
    ? `${elementEntry('u.images')}
  let lane = 0u;`
    : `${entry(threads, { index: 'lane' })}
  let i = group.y * groups.x + group.x;
  if (i >= u.images) { return; }`

/** Joins `values` of the image's threads as a tree; then every thread has the result. */
const shared = (threads: number, values: readonly string[], join: string) =>
  threads === 1
    ? ''
    : `
  ${values.map((name) => `${name}Of[lane] = ${name};`).join(' ')}
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      let other = lane + half;
      ${join}
      ${values.map((name) => `${name}Of[lane] = ${name};`).join(' ')}
    }
  }
  workgroupBarrier();
  ${values.map((name) => `${name} = ${name}Of[0];`).join(' ')}`

const eachClass = (threads: number, body: string) => `
  for (var c = lane; c < u.classes; c += ${threads}u) {
    let value = logits[at + c];
    ${body}
  }`

/** Declares `at`, where the image's row begins, `top`, its largest logit, and `place`, the first class that has it. */
const row = (threads: number) => `
  let at = i * u.classes;
  let label = u32(labels[i]);
  var place = min(lane, u.classes - 1u);
  var top = logits[at + place];
  ${eachClass(threads, 'if (value > top) { top = value; place = c; }')}
  ${shared(
    threads,
    ['top', 'place'],
    `if ((topOf[other] > top) | ((topOf[other] == top) & (placeOf[other] < place))) {
        top = topOf[other];
        place = placeOf[other];
      }`,
  )}`

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
const forwardProgram = (threads: number): Program => ({
  key: `cross-entropy-${threads}`,
  outputs: { each: 'f32' },
  inputs: { logits: 'f32', labels: 'i32' },
  uniforms,
  code: `${memory(threads)}${logOnePlus}${imageEntry(threads)}
  ${row(threads)}
  let own = logits[at + label];
  var sum = 0f;
  var rank = 0u;
  ${eachClass(
    threads,
    `sum += select(exp(value - top), 0f, c == place);
    let before = (value > own) | ((value == own) & (c < label));
    let finite = (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
    rank += select(5u, select(0u, 1u, before), finite);`,
  )}
  ${shared(threads, ['sum', 'rank'], 'sum += sumOf[other]; rank += rankOf[other];')}
  if (lane == 0u) {
    each[3u * i] = logOnePlus(sum) - (own - top);
    each[3u * i + 1u] = select(0f, 1f, rank < 1u);
    each[3u * i + 2u] = select(0f, 1f, rank < 5u);
  }
}`,
})

/** (softmax − one-hot) · dy; at the label, softmax − 1 is the sum over the other classes, which loses no digits. */
const gradientProgram = (threads: number): Program => ({
  key: `cross-entropy-gradient-${threads}`,
  outputs: { gradient: 'f32' },
  inputs: { logits: 'f32', labels: 'i32', dy: 'f32' },
  uniforms,
  code: `${memory(threads)}${imageEntry(threads)}
  ${row(threads)}
  var sum = 0f;
  ${eachClass(threads, 'sum += select(exp(value - top), 0f, c == label);')}
  ${shared(threads, ['sum'], 'sum += sumOf[other];')}
  let all = sum + exp(logits[at + label] - top);
  ${eachClass(threads, 'gradient[at + c] = select(exp(value - top), -sum, c == label) / all * dy[0];')}
}`,
})

/** The summands of `scores` per image: [N, 3] cross-entropy, and 1 or 0 for top-1 and top-5. */
function summands(backend: LabBackend, logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const threads = threadsFor(backend)
  const each = emptyTensor(backend, [logits.shape[0], 3])
  const shape = imageDispatch(logits.shape, threads)
  backend.dispatch(forwardProgram(threads), { outputs: [each], inputs: [logits, labels], ...shape })
  return each
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
    const each = summands(backend, input, labels)
    totals = tf.keep(emptyTensor(backend, [3]))
    backend.dispatch(addParts, { outputs: [totals], inputs: [each], ...addPartsDispatch(3, images) })
    each.dispose()
    save([input, labels])
    const threads = threadsFor(backend)
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const gradient = emptyTensor(backend, [images, classes])
      const shape = imageDispatch(logits.shape, threads)
      backend.dispatch(gradientProgram(threads), { outputs: [gradient], inputs: [...saved, dy], ...shape })
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
  return summands(backend, logits, labels) as tf.Tensor2D
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
