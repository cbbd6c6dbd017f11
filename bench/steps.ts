/** Times training steps of every peer, in turns. */
import * as tf from '@tensorflow/tfjs'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { openGpu } from '../src/gpu/backend.ts'
import { openDevice } from '../src/gpu/device.ts'
import type { LabBackend } from '../src/gpu/lab-backend.ts'
import type { Gpu } from '../src/gpu/read.ts'
import { quantile } from '../src/measure/statistics.ts'
import type { GraphReport } from '../src/protocol/environment.ts'
import { type BenchCase, type BenchOptions, benchCase, convSizes, gflopPerStep, type Peer } from './case.ts'
import { measureCeiling } from './ceiling.ts'
import { type Meter, meterOf } from './meter.ts'
import type { peers } from './options.mjs'
import { makeTfjsPeer } from './peers/tfjs.ts'
import { tuned } from './tune.ts'

export type PeerName = (typeof peers)[number]

export interface StepOptions extends BenchOptions {
  /** Timed steps of each peer. */
  readonly steps: number
  readonly peers: readonly PeerName[]
  /** Names of the schemes whose best is the ceiling; null for all. */
  readonly schemes: readonly string[] | null
  /** Seconds in which lab-tuned times convolutions; null for the usual. */
  readonly tuningSeconds: number | null
}

export interface StepRow {
  readonly name: string
  readonly secondsPerStep: number
  readonly imagesPerSecond: number
  /** Peak bytes of WebGPU buffers, including those held for reuse. Null for a peer without WebGPU. */
  readonly peakBytes: number | null
  readonly dispatches: number | null
  readonly submits: number | null
  readonly uploadedBytes: number | null
  /** Losses of the first three steps. */
  readonly losses: readonly number[]
  /** Seconds of a forward pass in evaluation mode over the batch; null for a peer without one. */
  readonly secondsPerEvaluation: number | null
  /** The lab's report: memory of the intermediates, and JavaScript's time of a step. Null for other peers. */
  readonly graph: GraphReport | null
}

export interface StepResult {
  readonly adapter: string
  readonly case: BenchOptions
  readonly gflopPerStep: number
  readonly ceilingGflops: number
  /** Bytes of the parameters, and of all convolutions' results. */
  readonly parameterBytes: number
  readonly convolutionBytes: number
  readonly rows: readonly StepRow[]
  /** Peers that could not take part, with the reason. */
  readonly absent: readonly { name: string; reason: string }[]
}

type Say = (line: string) => void

/** tfjs's backend on a separate device. */
async function stockBackend(webgpu: GPU, name: string): Promise<void> {
  const { device, info } = await openDevice(webgpu)
  tf.copyRegisteredKernels('webgpu', name)
  tf.registerBackend(name, () => new WebGPUBackend(device, info))
}

const stockFlags = (naive: boolean) => ({
  WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE: naive,
  WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE: 15,
})

/** Sets tfjs's flags during a peer's steps. */
function withFlags(peer: Peer, flags: Record<string, boolean | number>): Peer {
  const under =
    <T>(work: () => Promise<T>) =>
    async () => {
      const before = Object.keys(flags).map((flag) => [flag, tf.env().get(flag)] as const)
      for (const [flag, value] of Object.entries(flags)) tf.env().set(flag, value)
      try {
        return await work()
      } finally {
        for (const [flag, value] of before) tf.env().set(flag, value)
      }
    }
  return { ...peer, step: under(peer.step), evaluate: peer.evaluate && under(peer.evaluate) }
}

/** What every peer is made with. */
interface Host extends Pick<StepOptions, 'tuningSeconds'> {
  readonly webgpu: GPU
  readonly gpu: Gpu
  readonly c: BenchCase
  readonly say: Say
}

async function makePeer(name: PeerName, { webgpu, gpu, c, say, tuningSeconds }: Host): Promise<Peer> {
  switch (name) {
    case 'lab':
    case 'lab-eager':
    case 'lab-recompute':
    case 'lab-f16': {
      const [eager, recompute] = [name === 'lab-eager', name === 'lab-recompute']
      const activations = name === 'lab-f16' ? 'f16' : 'f32'
      return makeTfjsPeer(name, { backend: 'webgpu', gpu, eager, recompute, activations }, c)
    }
    case 'lab-tuned': {
      const seconds = tuningSeconds ?? (gpu.adapter.software ? 60 : 10)
      const { choices } = await tuned(gpu, tf.backend() as LabBackend, c.options, { seconds, say })
      return makeTfjsPeer(name, { backend: 'webgpu', gpu, eager: false, choices }, c)
    }
    case 'tfjs-webgpu':
    case 'tfjs-webgpu-mm':
      await stockBackend(webgpu, name)
      return withFlags(
        await makeTfjsPeer(name, { backend: name, gpu, eager: true }, c),
        stockFlags(name === 'tfjs-webgpu'),
      )
    case 'tfjs-webgl':
      return makeTfjsPeer(name, { backend: 'webgl', gpu, eager: true }, c)
    case 'jax-js': {
      const { makeJaxPeer } = await import('./peers/jax.ts')
      return makeJaxPeer(c)
    }
  }
}

/** Largest relative difference allowed between the losses of the first steps. Training amplifies rounding errors. */
const tolerance = 2e-3
/** With activations in f16. */
const halfTolerance = 2e-2

function checkLosses(name: string, losses: readonly number[], expected: readonly number[]): void {
  for (const [i, loss] of losses.entries()) {
    const allowed = name === 'lab-f16' ? halfTolerance : tolerance
    if (!(Math.abs(loss - expected[i]) <= allowed * Math.abs(expected[i]))) {
      throw new Error(`${name} does not compute the same: loss of step ${i + 1} is ${loss}, expected ${expected[i]}`)
    }
  }
}

const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  )

/** The GPU work of a step. */
type Counts = Pick<Meter, 'dispatches' | 'submits' | 'uploadedBytes'>

interface Entrant {
  readonly name: PeerName
  readonly peer: Peer
  readonly meter: Meter
  readonly losses: readonly number[]
  readonly seconds: number[]
  readonly evaluations: number[]
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function enter(name: PeerName, host: Host): Promise<Entrant> {
  const meter = meterOf(name)
  host.say(`${name}: three steps …`)
  const peer = await makePeer(name, host)
  const losses: number[] = []
  for (let i = 0; i < 3; i++) losses.push(await peer.step())
  if (peer.evaluate) await peer.evaluate()
  return { name, peer, meter, losses, seconds: [], evaluations: [] }
}

/** Runs the benchmark. Throws when a peer's losses are not the lab's. */
export async function benchSteps(options: StepOptions, webgpu: GPU, say: Say): Promise<StepResult> {
  const { steps, peers, schemes, tuningSeconds, ...shape } = options
  const c = benchCase(shape)
  meterOf('lab')
  const gpu = await openGpu(webgpu)
  const backend = tf.backend() as LabBackend
  const entrants: Entrant[] = []
  const absent: { name: string; reason: string }[] = []
  for (const name of peers) {
    try {
      entrants.push(await enter(name, { webgpu, gpu, c, say, tuningSeconds }))
    } catch (error) {
      if (name === 'lab') throw error
      absent.push({ name, reason: error instanceof Error ? error.message : String(error) })
      say(`${name} cannot take part: ${absent.at(-1)?.reason}`)
    }
  }
  for (const { name, losses } of entrants) checkLosses(name, losses, entrants[0].losses)
  const counts = new Map<string, Counts>()
  for (let i = 0; i < steps; i++) {
    for (const { name, peer, seconds: own, evaluations } of entrants) {
      const meter = meterOf(name)
      const before = { ...meter }
      own.push(await seconds(peer.step))
      counts.set(name, {
        dispatches: meter.dispatches - before.dispatches,
        submits: meter.submits - before.submits,
        uploadedBytes: meter.uploadedBytes - before.uploadedBytes,
      })
      if (peer.evaluate) evaluations.push(await seconds(peer.evaluate))
      say(`${name}: step ${i + 1} of ${steps} took ${own.at(-1)?.toFixed(3)} s`)
    }
  }
  const rows = entrants.map((entrant) => rowOf(entrant, c, counts.get(entrant.name)))
  for (const { peer } of entrants) peer.dispose()
  await tf.setBackend('webgpu')
  say('ceiling: a sweep of matrix products …')
  const ceiling = await measureCeiling(backend, gpu.adapter.software, schemes)
  const sizes = convSizes(c)
  return {
    adapter: gpu.adapter.name,
    case: shape,
    gflopPerStep: gflopPerStep(c),
    ceilingGflops: ceiling.gflops,
    parameterBytes: c.weights.reduce((sum, { values, trainable }) => sum + (trainable ? 4 * values.length : 0), 0),
    convolutionBytes: sizes.reduce((sum, { outputs }) => sum + 4 * outputs, 0),
    rows,
    absent,
  }
}

function rowOf(
  { name, peer, meter, losses, seconds: own, evaluations }: Entrant,
  c: BenchCase,
  counts: Counts = { dispatches: 0, submits: 0, uploadedBytes: 0 },
): StepRow {
  const secondsPerStep = median(own)
  return {
    name,
    secondsPerStep,
    imagesPerSecond: c.options.batch / secondsPerStep,
    ...(meter.dispatches > 0
      ? { peakBytes: meter.peakBytes, ...counts }
      : { peakBytes: null, dispatches: null, submits: null, uploadedBytes: null }),
    losses,
    secondsPerEvaluation: evaluations.length > 0 ? median(evaluations) : null,
    graph: peer.report?.() ?? null,
  }
}
