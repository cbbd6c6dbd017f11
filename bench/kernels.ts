/** GFLOP/s of every variant of every convolution of a network, and of tfjs's own, beside the adapter's ceiling. */
import * as tf from '@tensorflow/tfjs'
import { openGpu } from '../src/gpu/backend.ts'
import { chosenVariant, splitsFor, usableSchemes, workKey } from '../src/gpu/kernels/choose.ts'
import { flops, type Geometry } from '../src/gpu/kernels/conv/geometry.ts'
import { convolve, type Operation, shapesOf } from '../src/gpu/kernels/conv/operations.ts'
import { schemeName, variantName } from '../src/gpu/kernels/schemes.ts'
import { timed } from '../src/gpu/kernels/stopwatch.ts'
import type { LabBackend } from '../src/gpu/program.ts'
import { networkGeometries } from '../src/model/geometries.ts'
import { type BenchOptions, benchCase } from './case.ts'
import { measureCeiling } from './ceiling.ts'
import { meterOf } from './meter.ts'

export interface KernelOptions extends BenchOptions {
  /** Whether tfjs's own kernels are timed too: they take long. */
  readonly stock: boolean
  /** Names of the schemes to time; null for all. */
  readonly schemes: readonly string[] | null
}

export interface KernelRow {
  readonly work: string
  readonly gflop: number
  /** Variant → GFLOP/s; `stock` is tfjs's own. */
  readonly gflops: Readonly<Record<string, number>>
  /** What runs unless the tuner knows better. */
  readonly chosen: string
}

export interface KernelResult {
  readonly adapter: string
  readonly case: BenchOptions
  readonly ceilingGflops: number
  readonly sweep: Readonly<Record<string, number>>
  readonly rows: readonly KernelRow[]
}

const operations: readonly Operation[] = ['forward', 'input-gradient', 'filter-gradient']
const now = () => performance.now()

/** tfjs's own kernel for an operation, on its own backend. */
function stockWork(operation: Operation, g: Geometry, [a, b]: tf.Tensor[]): () => void {
  const attrs = { strides: g.stride, pad: g.padding[0], dataFormat: 'NHWC', dimRoundingMode: 'floor', dilations: 1 }
  const { output } = shapesOf(operation, g)
  const [kernel, inputs, shape] = {
    forward: ['Conv2D', { x: a, filter: b }, {}] as const,
    'input-gradient': ['Conv2DBackpropInput', { dy: a, filter: b }, { inputShape: output }] as const,
    'filter-gradient': ['Conv2DBackpropFilter', { x: a, dy: b }, { filterShape: output }] as const,
  }[operation]
  return () =>
    tf.dispose(tf.engine().runKernel(kernel, { ...inputs }, { ...attrs, ...shape } as unknown as tf.NamedAttrMap))
}

const randomInputs = (operation: Operation, g: Geometry) =>
  shapesOf(operation, g).inputs.map((shape) => tf.randomUniform(shape, -1, 1))

export async function benchKernels(
  options: KernelOptions,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<KernelResult> {
  const { stock, schemes, ...shape } = options
  const c = benchCase(shape)
  meterOf('lab')
  tf.copyRegisteredKernels('webgpu', 'stock')
  const gpu = await openGpu(webgpu)
  const backend = tf.backend() as LabBackend
  const { software } = gpu.adapter
  say('ceiling …')
  const ceiling = await measureCeiling(backend, software)
  const tried = usableSchemes(backend).filter((scheme) => schemes?.includes(schemeName(scheme)) ?? true)
  if (tried.length === 0)
    throw new Error(
      `no such scheme: ${schemes?.join(', ')} (have ${usableSchemes(backend).map(schemeName).join(', ')})`,
    )
  const works = new Map<string, { operation: Operation; g: Geometry }>()
  for (const g of networkGeometries(c.net, shape.inputSize, shape.batch)) {
    for (const operation of operations) works.set(workKey(operation, g), { operation, g })
  }
  const rows: KernelRow[] = []
  for (const [work, { operation, g }] of works) {
    const inputs = randomInputs(operation, g)
    const gflops: Record<string, number> = {}
    const time = async (name: string, run: () => void) => {
      const seconds = await timed(backend, run, { rounds: 2, atLeast: 0.005, giveUp: 0.5, now })
      gflops[name] = flops(g) / seconds / 1e9
    }
    for (const scheme of tried) {
      for (const splits of new Set([1, splitsFor(operation, g, scheme, software ? 16 : 512)])) {
        const variant = { scheme, splits }
        await time(variantName(variant), () => {
          const [a, b] = inputs
          backend.disposeData(convolve(backend, operation, g, [a, b], variant).dataId)
        })
      }
    }
    if (stock) await time('stock', stockWork(operation, g, inputs))
    tf.dispose(inputs)
    rows.push({ work, gflop: flops(g) / 1e9, gflops, chosen: variantName(chosenVariant(backend, operation, g)) })
    const best = Object.entries(gflops).reduce((a, b) => (b[1] > a[1] ? b : a))
    say(`${work}: ${best[0]} ${best[1].toFixed(2)} GFLOP/s${stock ? `, stock ${gflops.stock.toFixed(2)}` : ''}`)
  }
  return { adapter: gpu.adapter.name, case: shape, ceilingGflops: ceiling.gflops, sweep: ceiling.sweep, rows }
}
