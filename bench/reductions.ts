/**
 * Times every program of a training step besides convolutions (batch norm, pooling, cross-entropy, class selectivity, SGD, sums)
 * at the sizes of the step, in GB/s of the buffers that it binds.
 */
import * as tf from '@tensorflow/tfjs'
import { openGpu } from '../src/gpu/backend.ts'
import { planStep } from '../src/gpu/compile/compile.ts'
import { emptyTensor, type LabBackend } from '../src/gpu/lab-backend.ts'
import type { DispatchArguments, Program } from '../src/gpu/program.ts'
import { stepGraph } from '../src/train/step.ts'
import { type BenchOptions, benchCase } from './case.ts'
import { traineeOf } from './peers/tfjs.ts'

/** A program with the sizes of one dispatch, and how often a step dispatches it. */
interface Case {
  readonly program: Program
  readonly args: DispatchArguments
  readonly bytes: number
  count: number
}

export interface ReductionRow {
  /** The program's key. */
  readonly program: string
  /** Shape of the largest tensor. */
  readonly shape: readonly number[]
  /** Dispatches in a step. */
  readonly count: number
  readonly workgroups: number
  /** Bytes of all bound buffers, each counted once. */
  readonly bytes: number
  readonly seconds: number
}

export interface ReductionResult {
  readonly adapter: string
  readonly case: BenchOptions
  readonly rows: readonly ReductionRow[]
}

const sizeOf = ({ shape }: tf.TensorInfo) => tf.util.sizeFromShape(shape)

const bytesOf = ({ outputs, inputs }: DispatchArguments) =>
  [...outputs, ...inputs].reduce((sum, tensor) => sum + 4 * sizeOf(tensor), 0)

const largestOf = ({ outputs, inputs }: DispatchArguments) =>
  [...outputs, ...inputs].reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a)).shape

/** Programs of convolutions and matrix products, which `bench kernels` times. */
const isProduct = ({ key }: Program) => key.startsWith('conv-')

/** The dispatches of a step's programs, from a trace, which computes and allocates nothing. */
function dispatchesOf(backend: LabBackend, options: BenchOptions): Case[] {
  // Only the weights exist. Of the batch, only the size matters.
  const c = benchCase({ ...options, inputSize: 8, batch: 2 })
  const trainee = { ...traineeOf(c), inputSize: options.inputSize }
  const { batch: images } = options
  const penalty = { statistic: 'mean', modules: ['layer1', 'layer2', 'layer3'] } as const
  const graph = stepGraph(trainee, { images, regularized: true, penalty, microBatchSize: images })
  const cases = new Map<string, Case>()
  const { dispatch } = backend
  backend.dispatch = (program, args) => {
    const shapes = [...args.outputs, ...args.inputs].map(({ shape }) => shape.join('x'))
    const key = [program.key, ...shapes, ...Object.values(args.uniforms)].join()
    const known = cases.get(key)
    if (known) known.count++
    else if (!isProduct(program)) cases.set(key, { program, args, bytes: bytesOf(args), count: 1 })
    dispatch.call(backend, program, args)
  }
  try {
    planStep(graph.step, graph)
  } finally {
    backend.dispatch = dispatch
    tf.dispose([...trainee.weights.values()])
    trainee.sgd.dispose()
  }
  return [...cases.values()]
}

/** Pseudo-random numbers, made on the GPU; zeros for integers, which are labels and indices. */
function filled({ shape, dtype }: tf.TensorInfo): tf.Tensor {
  const size = tf.util.sizeFromShape(shape)
  if (dtype === 'int32') return tf.zeros(shape, 'int32')
  if (size < 65_536) return tf.randomUniform(shape, 0.5, 1.5, 'float32', 1)
  return tf.tidy(() => {
    const rows = Math.ceil(size / 4096)
    const values = tf.sin(
      tf.mul(tf.randomUniform([rows, 1], 1, 1000, 'float32', 1), tf.randomUniform([1, 4096], 1, 1000, 'float32', 2)),
    )
    return tf.reshape(tf.slice(tf.reshape(values, [-1]), [0], [size]), shape)
  }) as tf.Tensor
}

/** A recorded call of `dispatchWorkgroups`. */
interface Call {
  readonly pipeline: GPUComputePipeline
  readonly group: GPUBindGroup
  readonly workgroups: readonly [number, number?, number?]
}

/** What `backend.dispatch` would encode, so that it can be repeated without JavaScript's work in between. */
function callOf(backend: LabBackend, program: Program, args: DispatchArguments): Call {
  const { prototype } = globalThis.GPUComputePassEncoder
  const { setPipeline, setBindGroup } = prototype
  let pipeline: GPUComputePipeline | null = null
  let group: GPUBindGroup | null = null
  prototype.setPipeline = function (one) {
    pipeline = one
    return setPipeline.call(this, one)
  }
  prototype.setBindGroup = function (this: GPUComputePassEncoder, ...given: Parameters<typeof setBindGroup>) {
    group = given[1] as GPUBindGroup
    return setBindGroup.apply(this, given)
  } as typeof setBindGroup
  try {
    backend.dispatch(program, args)
  } finally {
    Object.assign(prototype, { setPipeline, setBindGroup })
  }
  if (!pipeline || !group) throw new Error(`${program.key} was not dispatched`)
  return { pipeline, group, workgroups: args.workgroups }
}

/** Seconds of one call, the calls in turns. */
async function secondsOf(backend: LabBackend, calls: readonly Call[]): Promise<number> {
  const device = backend.real
  const run = async (times: number) => {
    const began = performance.now()
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    for (let i = 0; i < times; i++) {
      const { pipeline, group, workgroups } = calls[i % calls.length]
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, group)
      pass.dispatchWorkgroups(...(workgroups as [number, number, number]))
    }
    pass.end()
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    return (performance.now() - began) / 1000
  }
  await run(calls.length)
  const first = (await run(2 * calls.length)) / (2 * calls.length)
  const { software } = backend.choices.adapter
  const few = Math.max(2, Math.min(300, Math.ceil((software ? 0.004 : 0.02) / first)))
  // The difference of a long and a short run leaves out the latency of a submission.
  const rounds: number[] = []
  for (let i = 0; i < 3; i++) rounds.push(((await run(4 * few)) - (await run(few))) / (3 * few))
  const [, median] = rounds.sort((a, b) => a - b)
  return median > 0 ? median : first
}

/** Bytes of the copies that take turns, so that a cache holds none of them. */
const rotated = 256 * 2 ** 20

async function timedCase(backend: LabBackend, { program, args, bytes }: Case): Promise<number> {
  const copies = backend.choices.adapter.software ? 1 : Math.max(1, Math.min(16, Math.ceil(rotated / bytes)))
  const tensors: tf.Tensor[] = []
  const calls = Array.from({ length: copies }, () => {
    const inputs = args.inputs.map((tensor) => filled(tensor))
    const outputs = args.outputs.map(({ shape, dtype }) => emptyTensor(backend, shape, dtype as 'float32' | 'int32'))
    tensors.push(...inputs, ...outputs)
    return callOf(backend, program, { ...args, inputs, outputs })
  })
  backend.flush()
  try {
    return await secondsOf(backend, calls)
  } finally {
    tf.dispose(tensors)
    // The next sizes are others.
    backend.forgetBuffers()
  }
}

export async function benchReductions(
  options: BenchOptions,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<ReductionResult> {
  const gpu = await openGpu(webgpu)
  const backend = tf.backend() as LabBackend
  const rows: ReductionRow[] = []
  for (const one of dispatchesOf(backend, options)) {
    const { program, args, bytes, count } = one
    const seconds = await timedCase(backend, one)
    const workgroups = args.workgroups.reduce<number>((a, b = 1) => a * b, 1)
    rows.push({ program: program.key, shape: largestOf(args), count, workgroups, bytes, seconds })
    say(`${program.key} ${largestOf(args).join('x')}: ${(bytes / seconds / 1e9).toFixed(1)} GB/s`)
  }
  return { adapter: gpu.adapter.name, case: options, rows }
}
