/**
 * Plans the memory of a compiled training step from its shapes alone. The benchmark computes and allocates nothing of
 * the step.
 */
import { openGpu } from '../src/gpu/backend.ts'
import { planStep, type StepPlan } from '../src/gpu/compile/compile.ts'
import { stepGraph } from '../src/train/step.ts'
import { type BenchOptions, benchCase, convSizes } from './case.ts'
import { traineeOf } from './peers/tfjs.ts'

export interface MemoryResult {
  readonly adapter: string
  readonly case: BenchOptions
  readonly plan: StepPlan
  /** The plan with `train.recompute`. */
  readonly recomputed: StepPlan
  /** The plan with `train.activations` = f16, alone and with `train.recompute`. */
  readonly half: StepPlan
  readonly halfRecomputed: StepPlan
  readonly parameterBytes: number
  readonly convolutionBytes: number
  /** Weights, running statistics, momentum and inputs: what a step holds besides its intermediates. */
  readonly ownBytes: number
}

const bytes = (tensors: Iterable<{ readonly size: number }>) =>
  [...tensors].reduce((sum, { size }) => sum + 4 * size, 0)

export async function benchMemory(
  options: BenchOptions,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<MemoryResult> {
  const gpu = await openGpu(webgpu)
  say('planning …')
  // Only the weights exist. Of the batch, only the size matters.
  const c = benchCase({ ...options, inputSize: 8, batch: 2 })
  const trainee = { ...traineeOf(c), inputSize: options.inputSize }
  const { batch: images } = options
  const penalty = { statistic: 'mean', modules: [] } as const
  const shape = { images, regularized: false, penalty, microBatchSize: images }
  const graph = stepGraph(trainee, shape)
  const inHalf = stepGraph(trainee, { ...shape, activations: 'f16' })
  const plan = planStep(graph.step, graph)
  const recomputed = planStep(graph.step, { ...graph, recompute: true })
  const sizes = convSizes({ net: c.net, options })
  return {
    adapter: gpu.adapter.name,
    case: options,
    plan,
    recomputed,
    half: planStep(inHalf.step, inHalf),
    halfRecomputed: planStep(inHalf.step, { ...inHalf, recompute: true }),
    parameterBytes: bytes(trainee.parameters.values()),
    convolutionBytes: sizes.reduce((sum, { outputs }) => sum + 4 * outputs, 0),
    ownBytes: bytes(graph.state) + plan.uploadedBytes,
  }
}
