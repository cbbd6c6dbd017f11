/**
 * Plans the memory of a compiled training step from its shapes alone. The benchmark computes and allocates nothing of
 * the step.
 */
import * as tf from '@tensorflow/tfjs'
import { openGpu } from '../src/gpu/backend.ts'
import { planStep, type StepPlan } from '../src/gpu/compile/compile.ts'
import { createChoices, withChoices } from '../src/gpu/kernels/choose.ts'
import type { LabBackend } from '../src/gpu/lab-backend.ts'
import { type BenchOptions, convSizes } from './case.ts'
import { plannedCase } from './planned.ts'

export interface MemoryOptions extends BenchOptions {
  /** Plans with the kernels that run untuned on a GPU of this vendor; null: with those of the adapter. */
  readonly vendor: string | null
}

export interface MemoryResult {
  readonly adapter: string
  readonly case: MemoryOptions
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

/** Runs `work` with the kernels of a vendor's GPU. */
function asVendor<T>(vendor: string | null, work: () => T): T {
  const backend = tf.backend() as LabBackend
  const { adapter } = backend.choices
  const choices = vendor && createChoices({ ...adapter, software: false, vendor, architecture: '' })
  return withChoices(backend, choices || backend.choices, work)
}

export async function benchMemory(
  options: MemoryOptions,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<MemoryResult> {
  const gpu = await openGpu(webgpu)
  say('planning …')
  return asVendor(options.vendor, () => plansOf(options, gpu.adapter.name))
}

function plansOf(options: MemoryOptions, adapter: string): MemoryResult {
  const { net, trainee, graphOf } = plannedCase(options)
  const graph = graphOf()
  const inHalf = graphOf({ activations: 'f16' })
  const plan = planStep(graph.step, graph)
  const recomputed = planStep(graph.step, { ...graph, recompute: true })
  const sizes = convSizes({ net, options })
  return {
    adapter: options.vendor ? `${adapter}, with the kernels of ${options.vendor}` : adapter,
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
