/**
 * Counts the shaders of a run's graphs, and times how long they take to compile before the first evaluation, probe and training
 * step, in this order.
 */
import { openGpu } from '../src/gpu/backend.ts'
import { createExecutor, type Graph, type Values } from '../src/gpu/executor.ts'
import { probeGraph, scoreGraph } from '../src/measure/evaluate.ts'
import { imageValues } from '../src/model/input.ts'
import { type StepOptions, stepGraph, stepShape, stepValues } from '../src/train/step.ts'
import { type BenchOptions, benchCase } from './case.ts'
import { meterOf } from './meter.ts'
import { traineeOf } from './peers/tfjs.ts'

/** Shaders are counted for the first graph that has them. */
export interface ShaderRow {
  readonly name: string
  readonly shaders: number
  /** Of their WGSL. */
  readonly bytes: number
  /** Tracing the graph and compiling its shaders. */
  readonly compileSeconds: number
  /** The first run, whose results have arrived. */
  readonly runSeconds: number
}

export interface ShaderResult {
  readonly adapter: string
  readonly case: BenchOptions
  readonly rows: readonly ShaderRow[]
}

export async function benchShaders(
  options: BenchOptions,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<ShaderResult> {
  const meter = meterOf('lab')
  const gpu = await openGpu(webgpu)
  const c = benchCase(options)
  const trainee = traineeOf(c)
  const onCompiling = (done: number, total: number) => say(`compiling shaders ${done} of ${total}`)
  const executor = createExecutor({ gpu, onCompiling })
  const network = { ...trainee, executor }
  const { batch: images, inputSize } = options
  const batch = { images: c.images, labels: c.labels, penaltyLabels: c.labels }
  const penalty = { statistic: 'mean', modules: [] } as const
  const step: StepOptions = { alpha: 0, penalty, learningRate: c.learningRate, microBatchSize: images }
  const values = { ...imageValues(batch, images, inputSize), labels: c.labels }
  const graphs: [Graph, Values][] = [
    [scoreGraph(network, images), values],
    [probeGraph(network, images), values],
    [stepGraph(trainee, stepShape(batch, step)), stepValues(trainee, batch, step)],
  ]
  const rows: ShaderRow[] = []
  for (const [graph, given] of graphs) {
    const before = { ...meter }
    const times = [performance.now()]
    await executor.prepare(graph)
    times.push(performance.now())
    await executor.run(graph, given)
    times.push(performance.now())
    const [compileSeconds, runSeconds] = [1, 2].map((i) => (times[i] - times[i - 1]) / 1000)
    const shaders = meter.pipelines - before.pipelines
    rows.push({ name: graph.name, shaders, bytes: meter.wgslBytes - before.wgslBytes, compileSeconds, runSeconds })
  }
  return { adapter: gpu.adapter.name, case: options, rows }
}
