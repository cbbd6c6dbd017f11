/**
 * Measures GFLOP/s of every variant of every convolution of a network, and of tfjs's own kernels, with the adapter's
 * ceiling.
 */
import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { openGpu } from '../src/gpu/backend.ts'
import { openDevice } from '../src/gpu/device.ts'
import { randomInputs } from '../src/gpu/kernels/check/inputs.ts'
import { busyWorkgroups, chosenVariant, splitsFor, usableSchemes, workKey } from '../src/gpu/kernels/choose.ts'
import { flops, type Geometry, type Operation, operations } from '../src/gpu/kernels/conv/geometry.ts'
import { shapesOf } from '../src/gpu/kernels/conv/operations.ts'
import { imageChannels } from '../src/gpu/kernels/images.ts'
import { runs, schemeName, variantName } from '../src/gpu/kernels/schemes.ts'
import { createStopwatch, type Stopwatch, type TimingOptions, timed } from '../src/gpu/kernels/stopwatch.ts'
import { timedVariant } from '../src/gpu/kernels/tuner.ts'
import type { Work } from '../src/gpu/kernels/work.ts'
import type { LabBackend } from '../src/gpu/lab-backend.ts'
import { networkGeometries } from '../src/model/geometries.ts'
import { type BenchOptions, benchCase } from './case.ts'
import { measureCeiling } from './ceiling.ts'
import { meterOf } from './meter.ts'

export interface KernelOptions extends BenchOptions {
  /** Whether tfjs's own kernels are timed, too. They take long. */
  readonly stock: boolean
  /** Names of the schemes to time; null for all. */
  readonly schemes: readonly string[] | null
  /** After so many seconds no further work is measured. */
  readonly seconds: number
}

export interface KernelRow {
  readonly work: string
  readonly gflop: number
  /** Variant → GFLOP/s; `stock` is tfjs's own kernel. */
  readonly gflops: Readonly<Record<string, number>>
  /** The variant that runs without timings of the tuner. */
  readonly chosen: string
}

export interface KernelResult {
  readonly adapter: string
  readonly case: BenchOptions
  readonly ceilingGflops: number
  readonly sweep: Readonly<Record<string, number>>
  readonly rows: readonly KernelRow[]
}

const now = () => performance.now()

/** A stopwatch for tfjs's backend on a separate device. */
async function stockStopwatch(webgpu: GPU, software: boolean): Promise<Stopwatch> {
  const { device, info } = await openDevice(webgpu)
  const backend = new WebGPUBackend(device, info)
  tf.registerBackend('stock', () => backend)
  const internals = backend as unknown as { commandEncoder: GPUCommandEncoder | null }
  const flush = () => {
    if (!internals.commandEncoder) return
    backend.endComputePassEncoder()
    backend.submitQueue()
  }
  const encoder = () => {
    backend.ensureCommandEncoderReady()
    backend.endComputePassEncoder()
    return internals.commandEncoder as GPUCommandEncoder
  }
  // tfjs itself submits every 15 dispatches, so that its rates contain some waiting for the script.
  const inOneSubmit = (work: () => void) => {
    work()
    flush()
  }
  return createStopwatch({ device, flush, inOneSubmit, encoder }, now, software)
}

/** Seconds that tfjs's own kernel takes, on its own backend. */
async function stockSeconds(
  stopwatch: Stopwatch,
  { operation, geometry }: Work,
  options: TimingOptions,
): Promise<number> {
  await tf.setBackend('stock')
  const inputs = randomInputs({ operation, geometry })
  try {
    return await timed(stopwatch, stockWork(operation, geometry, inputs), options)
  } finally {
    tf.dispose(inputs)
    await tf.setBackend('webgpu')
  }
}

/** tfjs's kernel for an operation on the backend in use. */
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

export async function benchKernels(
  options: KernelOptions,
  webgpu: GPU,
  say: (line: string) => void,
): Promise<KernelResult> {
  const { stock, schemes, seconds, ...shape } = options
  const until = now() + 1000 * seconds
  const c = benchCase(shape)
  meterOf('lab')
  tf.copyRegisteredKernels('webgpu', 'stock')
  const gpu = await openGpu(webgpu)
  const backend = tf.backend() as LabBackend
  say('ceiling …')
  const ceiling = await measureCeiling(backend, gpu.adapter.software, schemes)
  const tried = usableSchemes(backend).filter((scheme) => schemes?.includes(schemeName(scheme)) ?? true)
  const works = new Map<string, { operation: Operation; g: Geometry }>()
  for (const g of networkGeometries(c.net, shape.inputSize, shape.batch, imageChannels(backend))) {
    for (const operation of operations) works.set(workKey(operation, g), { operation, g })
  }
  const theirs = stock ? await stockStopwatch(webgpu, gpu.adapter.software) : null
  await tf.setBackend('webgpu')
  const stopwatch = await createStopwatch(backend, now, gpu.adapter.software)
  const rows: KernelRow[] = []
  const ordered = [...works].sort(([, a], [, b]) => flops(b.g) - flops(a.g))
  for (const [work, { operation, g }] of ordered) {
    if (now() > until) break
    const own = { operation, geometry: g }
    const inputs = randomInputs(own)
    const gflops: Record<string, number> = {}
    const timing = { rounds: 2, atLeast: 0.005, giveUp: 0.5 }
    const rate = (seconds: number) => flops(g) / seconds / 1e9
    const chosen = chosenVariant(backend, operation, g)
    const able = tried.filter((scheme) => runs(scheme, operation, g))
    const variants = able.flatMap((scheme) =>
      [...new Set([1, splitsFor(operation, g, scheme, busyWorkgroups(backend))])].map((splits) => ({ scheme, splits })),
    )
    for (const variant of [...variants, chosen]) {
      const name = variantName(variant)
      gflops[name] ??= rate(await timedVariant(stopwatch, backend, own, inputs, variant, timing))
    }
    if (theirs) gflops.stock = rate(await stockSeconds(theirs, own, timing))
    tf.dispose(inputs)
    rows.push({ work, gflop: flops(g) / 1e9, gflops, chosen: variantName(chosen) })
    const { stock: stockRate, ...ours } = gflops
    const best = Object.entries(ours).reduce((a, b) => (b[1] > a[1] ? b : a))
    say(
      `${rows.length} of ${ordered.length}, ${work}: ${best[0]} ${best[1].toFixed(2)} GFLOP/s${stock ? `, stock ${stockRate.toFixed(2)}` : ''}`,
    )
  }
  stopwatch.dispose()
  theirs?.dispose()
  return { adapter: gpu.adapter.name, case: shape, ceilingGflops: ceiling.gflops, sweep: ceiling.sweep, rows }
}
