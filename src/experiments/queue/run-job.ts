/** The job of a run: what a plan sends to its workers, and what they send back. `parse-job.ts` parses it. */
import type { RunConfig } from '../../config/config.ts'
import type { EndReason } from '../../protocol/run-events.ts'
import { sha256 } from '../../sha256.ts'
import type { Measure, PlannedRun } from '../plan.ts'

export interface RunJob {
  readonly format: 1
  /** `jobId` of the rest. */
  readonly id: string
  /** The plan's name, for people. */
  readonly plan: string
  /** `ARM/seed-N`. */
  readonly name: string
  /** `data.source` is `anySource`: each worker has the images at a place of its own. */
  readonly config: RunConfig
  readonly measure: Measure
  /** Jobs with the same key have the same images: the queue agrees on their fingerprint. */
  readonly images: string
}

/** What a worker reports every few seconds. */
export interface RunProgress {
  readonly worker: string
  /** The adapter's name; empty before it is open. */
  readonly adapter: string
  /** `starting`, `measuring`, or the activity of the newest event. */
  readonly activity: string
  readonly step: number
  readonly totalSteps: number
  readonly epoch: number
  /** Of the newest step; null before the first. */
  readonly loss: number | null
  /** Of the newest evaluation, between 0 and 1; null before the first. */
  readonly top1: number | null
}

/** A worker's part in a run. */
export interface Part {
  readonly worker: string
  readonly adapter: string
  /** The step from which it went on. */
  readonly fromStep: number
}

/** What a worker returns for a run that finished or diverged. */
export interface RunResult {
  readonly reason: Extract<EndReason, 'finished' | 'diverged'>
  readonly message: string
  /** Who trained the run, in order. */
  readonly parts: readonly Part[]
  readonly bundle: Bundle
}

/** The run's record and tables as a zip. */
export interface Bundle {
  /** In the queue, or in the shared folder of runs. */
  readonly at: 'queue' | 'folder'
  readonly bytes: number
  /** SHA-256 of the zip, hexadecimal. */
  readonly sha256: string
}

/** The most characters of a job as JSON. */
export const mostJobText = 1 << 18

/** The most bytes of a bundle that goes through the queue. */
export const mostQueuedBytes = 1 << 28

/** The most bytes of a bundle in a shared folder. */
export const mostBundleBytes = 2 ** 32

/** Thrown for a job, a progress report or a result that is not one. */
export class JobError extends Error {
  override name = 'JobError'
}

/** JSON with the keys of every object in alphabetical order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`
}

/** The hash of everything that decides about a run's results, and of its name. */
export async function jobId({
  config,
  measure,
  images,
}: Pick<RunJob, 'config' | 'measure' | 'images'>): Promise<string> {
  return (await sha256(canonical({ config, measure, images }))).slice(0, 32)
}

/** What a plan's jobs call their images, wherever these are on a machine. */
export const imagesKey = async (plan: string, { data }: Pick<RunConfig, 'data'>): Promise<string> =>
  (await sha256(canonical({ plan, layout: data.layout }))).slice(0, 32)

/** What a job has as `data.source`: each worker puts the place of its own images there. */
export const anySource = 'images'

/** The configuration without the place of its images. */
const withoutSource = (config: RunConfig): RunConfig => ({
  ...config,
  data: { ...config.data, source: anySource },
})

/** The configuration as text, without the place of its images. */
export const configText = (config: RunConfig): string => canonical(withoutSource(config))

/** The job of a planned run. */
export async function jobOf(plan: string, { name, config }: PlannedRun, measure: Measure): Promise<RunJob> {
  const own = { config: withoutSource(config), measure, images: await imagesKey(plan, config) }
  return { format: 1, id: await jobId(own), plan, name, ...own }
}
