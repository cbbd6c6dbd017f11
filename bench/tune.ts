/** Tunes the convolutions of a network on this adapter, as before a run, and compares the choices with the guesses. */
import * as tf from '@tensorflow/tfjs'
import { defaultConfig, type RunConfig } from '../src/config/config.ts'
import { openGpu } from '../src/gpu/backend.ts'
import { chosenVariant, workKey } from '../src/gpu/kernels/choose.ts'
import { flops } from '../src/gpu/kernels/conv/geometry.ts'
import { imageChannels } from '../src/gpu/kernels/images.ts'
import { variantName } from '../src/gpu/kernels/schemes.ts'
import { type Tuning, tune } from '../src/gpu/kernels/tuner.ts'
import type { Work } from '../src/gpu/kernels/work.ts'
import type { LabBackend } from '../src/gpu/lab-backend.ts'
import type { Gpu } from '../src/gpu/read.ts'
import type { RejectedVariant } from '../src/protocol/environment.ts'
import { worksOf } from '../src/train/kernels.ts'
import { type BenchOptions, classes } from './case.ts'

export interface TuneOptions extends BenchOptions {
  readonly seconds: number
}

export interface TuneRow {
  readonly work: string
  /** How often a training step computes it. */
  readonly uses: number
  readonly gflop: number
  readonly guess: string
  /** Null for a work that was not timed. */
  readonly chosen: string | null
  /** Variant → seconds. */
  readonly seconds: Readonly<Record<string, number>>
}

export interface TuneResult {
  readonly adapter: string
  readonly case: BenchOptions
  readonly seconds: number
  readonly programs: number
  readonly rows: readonly TuneRow[]
  readonly rejected: readonly RejectedVariant[]
}

type Say = (line: string) => void

function worksOfCase(backend: LabBackend, { blocks, width, stem, inputSize, batch }: BenchOptions): Work[] {
  const usual = defaultConfig()
  const config: RunConfig = {
    ...usual,
    data: { ...usual.data, inputSize },
    model: { ...usual.model, blocks: [...blocks], width, stem, block: 'bottleneck' },
    train: { ...usual.train, batchSize: batch, microBatchSize: batch },
  }
  return worksOf(config, classes, imageChannels(backend))
}

const keyOf = ({ operation, geometry }: Work) => workKey(operation, geometry)

/** Tunes the works of a network; `times` gets the seconds of each variant by work. */
export function tuned(
  gpu: Gpu,
  backend: LabBackend,
  shape: BenchOptions,
  { seconds, say, times = new Map() }: { seconds: number; say: Say; times?: Map<string, Record<string, number>> },
): Promise<Tuning> {
  return tune(backend, worksOfCase(backend, shape), {
    gpu,
    seconds,
    now: () => performance.now(),
    signal: new AbortController().signal,
    onProgress: (done, total, what) => say(`${done} of ${total}: ${what}`),
    onTimed: (work, variant, time) => times.set(keyOf(work), { ...times.get(keyOf(work)), [variant]: time }),
  })
}

export async function benchTune({ seconds, ...shape }: TuneOptions, webgpu: GPU, say: Say): Promise<TuneResult> {
  const gpu = await openGpu(webgpu)
  const backend = tf.backend() as LabBackend
  const times = new Map<string, Record<string, number>>()
  const tuning = await tuned(gpu, backend, shape, { seconds, say, times })
  const rows = worksOfCase(backend, shape).map((work) => ({
    work: keyOf(work),
    uses: work.uses ?? 1,
    gflop: flops(work.geometry) / 1e9,
    guess: variantName(chosenVariant(backend, work.operation, work.geometry)),
    chosen: tuning.choices[keyOf(work)] ?? null,
    seconds: times.get(keyOf(work)) ?? {},
  }))
  const { programs, rejected } = tuning
  return { adapter: gpu.adapter.name, case: shape, seconds: tuning.seconds, programs, rows, rejected }
}
