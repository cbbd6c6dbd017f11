/** Trains the network of a reference case and measures how far the results are from PyTorch's. */
import * as tf from '@tensorflow/tfjs'
import { createExecutor, type Executor, type Graph } from '../gpu/executor.ts'
import type { KernelChoices } from '../gpu/kernels/choose.ts'
import type { Gpu } from '../gpu/read.ts'
import { relativeDifference } from '../gpu/self-test.ts'
import { type Ablations, activations, type Network } from '../measure/evaluate.ts'
import { createSelectivity } from '../measure/selectivity.ts'
import { forward } from '../model/forward.ts'
import { imageSpecs, imageValues, toInput } from '../model/input.ts'
import { type Architecture, architectureOf, sitesOf } from '../model/resnet.ts'
import { loadWeights, storeTensors, storeWeights } from '../model/weights.ts'
import { createSgd } from '../train/optimizer.ts'
import {
  type Batch,
  type StepOptions,
  type StepShape,
  stepGradients,
  stepGraph,
  stepShape,
  stepValues,
  type Trainee,
} from '../train/step.ts'
import { floats, labeledImages, type OracleCase, type OracleTruth, withPrefix } from './oracle.ts'

/** The options for running a case. */
export interface CaseOptions {
  readonly gpu: Gpu
  readonly eager: boolean
  /** Forced kernel variants; by default they are guessed. */
  readonly choices?: KernelChoices
  /** How training steps store activations and their gradients. */
  readonly activations?: StepOptions['activations']
}

type Named = ReadonlyMap<string, Float32Array>

/** Results of a case, under PyTorch's names and in its layouts. */
export interface OracleRun {
  /** One entry per step. */
  readonly steps: readonly { readonly crossEntropy: number; readonly penalty: number }[]
  /** Gradients and pooled activations of the first step. */
  readonly gradients: Named
  readonly pooled: Named
  /** Weights and running statistics after all steps. */
  readonly after: Named
  /** Results on the evaluation images, after all steps. */
  readonly logits: Float32Array
  readonly selectivity: ReadonlyMap<string, readonly number[]>
  readonly ablatedLogits: Float32Array
}

/** A training step that also outputs its gradients. */
const withGradients = (graph: Graph, trainee: Trainee, shape: StepShape): Graph => ({
  ...graph,
  name: 'training with gradients',
  step: (inputs) => {
    const { gradients, result } = stepGradients(trainee, inputs, shape)
    const copies = Object.fromEntries([...gradients].map(([key, gradient]) => [key, gradient.clone()]))
    trainee.sgd.update(gradients, inputs.rates)
    return { result, ...copies }
  },
})

function traineeOf({ config, tensors }: OracleCase): Trainee {
  const net = architectureOf({ ...config, block: 'bottleneck', stem: 'imagenet' })
  const weights = loadWeights(net, withPrefix(tensors, 'state.before'))
  const parameters = new Map([...weights].filter(([, variable]) => variable.trainable))
  const sgd = createSgd(parameters, { momentum: config.momentum, weightDecay: config.weight_decay })
  return { net, sites: sitesOf(net), weights, parameters, sgd, inputSize: config.size }
}

const optionsOf = ({ config }: OracleCase): StepOptions => ({
  alpha: config.alpha,
  penalty: { statistic: config.statistic, modules: ['layer1', 'layer2', 'layer3'] },
  learningRate: config.lr,
  microBatchSize: config.batch,
})

/** Pooled activations of a batch in training mode, site → [N · units]. */
async function pooledOf(executor: Executor, trainee: Trainee, { images, labels }: Batch): Promise<Named> {
  const { net, weights, inputSize: size } = trainee
  const count = labels.length
  const inputs = imageSpecs(count, { inputSize: size })
  const step: Graph['step'] = (tensors) => {
    const { pooled } = forward(net, weights, toInput(tensors, { first: 0, count, size }), { mode: 'training' })
    return Object.fromEntries(pooled)
  }
  const graph = { name: 'pooled', key: '', inputs, state: [], step }
  return new Map(Object.entries(await executor.run(graph, imageValues({ images }, count, size))))
}

/** Converts values of parameters to PyTorch's layouts. */
async function inTheirLayout(gpu: Gpu, trainee: Trainee, values: Readonly<Record<string, Float32Array>>) {
  const tensors = new Map(
    Object.entries(values).map(([key, value]) => [key, tf.tensor(value, trainee.parameters.get(key)?.shape)]),
  )
  return floatsOf(await storeTensors(gpu, tensors).finally(() => tf.dispose([...tensors.values()])))
}

const floatsOf = (stored: ReadonlyMap<string, { readonly data: unknown }>): Named =>
  new Map([...stored].map(([key, { data }]) => [key, data as Float32Array]))

/** The ablation of a case: its units set to zero. */
export const ablationOf = ({ ablation }: OracleCase, net: Architecture): Ablations =>
  new Map(
    sitesOf(net).map(({ name, units }) => {
      const zeroed = ablation.units[name] ?? []
      const keep = Float32Array.from({ length: units }, (_, u) => (zeroed.includes(u) ? 0 : 1))
      return [name, { keep, fill: new Float32Array(units) }]
    }),
  )

async function measure(network: Network, oracle: OracleCase) {
  const { config, tensors } = oracle
  const batch = labeledImages(tensors, 'eval')
  const sites = sitesOf(network.net)
  const { logits, pooled } = await activations(network, batch)
  const calculator = createSelectivity(sites, config.classes, 0)
  calculator.add(pooled, batch.labels, [])
  const selectivity = new Map(calculator.result().map(({ site, selectivity }) => [site, [...selectivity]]))
  const ablated = await activations(network, batch, ablationOf(oracle, network.net))
  return { logits, selectivity, ablatedLogits: ablated.logits }
}

/** Trains with the case's configuration and measures the result. Leaves nothing on the GPU. */
export async function runOracle(
  oracle: OracleCase,
  { gpu, eager, choices, activations }: CaseOptions,
): Promise<OracleRun> {
  const { config, tensors } = oracle
  const trainee = traineeOf(oracle)
  const options = { ...optionsOf(oracle), activations }
  const executor = createExecutor({ gpu, eager, choices })
  try {
    const steps: { crossEntropy: number; penalty: number }[] = []
    let pooled: Named = new Map()
    let gradients: Named = new Map()
    for (let s = 0; s < config.steps; s++) {
      const images = labeledImages(tensors, 'train', s)
      const batch = { ...images, penaltyLabels: images.labels }
      const shape = stepShape(batch, options)
      const graph = stepGraph(trainee, shape)
      if (s === 0) pooled = await pooledOf(executor, trainee, batch)
      const run = s === 0 ? withGradients(graph, trainee, shape) : graph
      const { result, ...found } = await executor.run(run, stepValues(trainee, batch, options))
      steps.push({ crossEntropy: result[0], penalty: result[1] })
      if (s === 0) gradients = await inTheirLayout(gpu, trainee, found)
    }
    const { net, weights, inputSize } = trainee
    const after = floatsOf((await storeWeights(gpu, weights, config.steps)).tensors)
    return { steps, pooled, gradients, after, ...(await measure({ executor, net, weights, inputSize }, oracle)) }
  } finally {
    executor.dispose()
    tf.dispose([...trainee.weights.values()])
    trainee.sgd.dispose()
  }
}

/** The largest difference of each quantity. */
export interface Distances {
  /** Difference of a step's loss, relative to float64. */
  readonly losses: number
  /** Difference of a step's cross-entropy and penalty, relative to PyTorch's float32. */
  readonly parts: number
  /** Norm of a tensor's difference over its norm, against PyTorch's float32. */
  readonly gradients: number
  readonly pooled: number
  /** Norm of the difference of a tensor's change over the change's norm, against float64. */
  readonly changes: number
  /** Absolute differences from float64. */
  readonly selectivity: number
  /** Difference of the evaluation's cross-entropy, relative to float64. */
  readonly evaluation: number
  /** Norm of the difference from PyTorch's float32, relative. */
  readonly logits: number
  readonly ablatedLogits: number
}

const largest = (values: Iterable<number>): number => {
  let result = 0
  // A comparison with NaN is false, so a maximum would hide NaN.
  for (const value of values) if (!(value <= result)) result = value
  return result
}

const relative = (value: number, expected: number) => Math.abs(value - expected) / Math.abs(expected)

/** Mean over images of −log softmax at the label, in float64. */
function crossEntropyOf(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length
  const each = Array.from(labels, (label, n) => {
    const row = logits.subarray(n * classes, (n + 1) * classes)
    const top = Math.max(...row)
    return Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0)) - (row[label] - top)
  })
  return each.reduce((a, b) => a + b, 0) / each.length
}

const relativeNorms = (found: Named, expected: Iterable<readonly [string, { readonly data: unknown }]>) =>
  largest([...expected].map(([key, { data }]) => relativeDifference(found.get(key) ?? [], data as Float32Array)))

/** Norms below this are only rounding errors, for example the change of a parameter without a gradient. */
const leastChange = 1e-6

function changeDistance({ after }: OracleRun, { tensors }: OracleCase, truth: OracleTruth): number {
  const changes = withPrefix(truth.tensors, 'change').tensors
  return largest(
    [...changes].flatMap(([key, { data }]) => {
      const expected = data as Float32Array
      if (Math.hypot(...expected) <= leastChange) return []
      const before = floats(tensors, `state.before/${key}`)
      const ours = after.get(key)
      return [
        relativeDifference(
          Float64Array.from(before, (b, i) => (ours ? ours[i] - b : Number.NaN)),
          expected,
        ),
      ]
    }),
  )
}

export function distances(run: OracleRun, oracle: OracleCase, truth: OracleTruth): Distances {
  const { config, tensors } = oracle
  const loss = ({ crossEntropy, penalty }: OracleRun['steps'][number]) => crossEntropy - config.alpha * penalty
  const selectivity = [...run.selectivity].flatMap(([site, values]) => {
    const expected = floats(truth.tensors, `selectivity/${site}`)
    return values.map((value, u) => Math.abs(value - expected[u]))
  })
  return {
    losses: largest(run.steps.map((step, s) => relative(loss(step), truth.losses[s]))),
    parts: largest(
      oracle.steps.flatMap(({ crossEntropy, penalty }, s) => [
        relative(run.steps[s].crossEntropy, crossEntropy),
        relative(run.steps[s].penalty, penalty),
      ]),
    ),
    gradients: relativeNorms(run.gradients, withPrefix(tensors, 'grad.step0').tensors),
    pooled: relativeNorms(run.pooled, withPrefix(tensors, 'pooled.step0').tensors),
    changes: changeDistance(run, oracle, truth),
    selectivity: largest(selectivity),
    evaluation: relative(crossEntropyOf(run.logits, labeledImages(tensors, 'eval').labels), truth.crossEntropy),
    logits: relativeDifference(run.logits, floats(tensors, 'eval.logits')),
    ablatedLogits: relativeDifference(run.ablatedLogits, floats(tensors, 'eval.ablated.logits')),
  }
}
