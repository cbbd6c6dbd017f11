/** Parses what comes from a queue. Whoever can write to the queue may have sent anything. */
import { ConfigError, parseConfig } from '../../config/config.ts'
import { PlanError, parseMeasure, parseRunName } from '../plan.ts'
import {
  anySource,
  type Bundle,
  JobError,
  jobId,
  mostBundleBytes,
  mostJobText,
  mostQueuedBytes,
  type Part,
  type RunJob,
  type RunProgress,
  type RunResult,
} from './run-job.ts'

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(what: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new JobError(`${what} is no object`)
  return value as Fields
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they could change what a terminal shows
const control = /[\u0000-\u001f\u007f-\u009f]/g

/** A text for people: without control characters, and not too long. */
export const shownText = (text: string, most = 500): string => text.replace(control, ' ').slice(0, most)

function text(what: string, value: unknown, most = 500): string {
  if (typeof value !== 'string') throw new JobError(`${what} is no text`)
  return shownText(value, most)
}

function count(what: string, value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
  if (!fits) throw new JobError(`${what} is no whole number from 0 to ${most}: ${shownText(String(value), 40)}`)
  return value
}

const hex = (what: string, value: unknown, digits: number): string => {
  if (typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value)) return value
  throw new JobError(`${what} is no hash of ${digits} digits`)
}

function requireShort(value: unknown): void {
  const length = JSON.stringify(value)?.length ?? 0
  if (length > mostJobText) throw new JobError(`the job has ${length} characters; at most ${mostJobText} are read`)
}

/** Turns errors of the parsers of plans and configurations into a JobError. */
function inJob<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof ConfigError || error instanceof PlanError) throw new JobError(error.message)
    throw error
  }
}

/** Rejects with JobError, also where the id is not the hash of the rest. */
export async function parseJob(value: unknown): Promise<RunJob> {
  requireShort(value)
  const given = fieldsOf('the job', value)
  if (given.format !== 1)
    throw new JobError(`the job has format ${shownText(String(given.format), 20)}; this version reads 1`)
  const config = inJob(() => parseConfig(given.config))
  const measure = inJob(() => parseMeasure(given.measure))
  const job: RunJob = {
    format: 1,
    id: hex('the id of the job', given.id, 32),
    plan: text('the plan of the job', given.plan, 100),
    name: text('the name of the job', given.name, 200),
    config,
    measure,
    images: hex('the key of the images', given.images, 32),
  }
  inJob(() => parseRunName(job.name))
  if (config.name !== job.name || config.data.source !== anySource)
    throw new JobError(`${job.name} is not the name of its configuration`)
  if ((await jobId(job)) !== job.id) throw new JobError(`the id of ${job.name} is not the hash of its configuration`)
  return job
}

const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null

/** What a parser returns; null for what it refuses. */
export function orNull<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch {
    return null
  }
}

/** Throws JobError. */
export function parseProgress(value: unknown): RunProgress {
  const given = fieldsOf('the progress', value)
  return {
    worker: text('the worker', given.worker, 100),
    adapter: text('the adapter', given.adapter, 200),
    activity: text('the activity', given.activity, 40),
    step: count('step', given.step),
    totalSteps: count('totalSteps', given.totalSteps),
    epoch: numberOrNull(given.epoch) ?? 0,
    loss: numberOrNull(given.loss),
    top1: numberOrNull(given.top1),
  }
}

const partOf = (value: unknown): Part => {
  const { worker, adapter, fromStep } = fieldsOf('a part of the run', value)
  return {
    worker: text('the worker', worker, 100),
    adapter: text('the adapter', adapter, 200),
    fromStep: count('fromStep', fromStep),
  }
}

function bundleOf(value: unknown): Bundle {
  const { at, bytes, sha256 } = fieldsOf('the bundle', value)
  if (at !== 'queue' && at !== 'folder') throw new JobError('the bundle is neither in the queue nor in a folder')
  const most = at === 'queue' ? mostQueuedBytes : mostBundleBytes
  return { at, bytes: count('the size of the bundle', bytes, most), sha256: hex('the hash of the bundle', sha256, 64) }
}

/** The most parts of a run that are read. */
const mostParts = 1000

/** Throws JobError. */
export function parseParts(value: unknown): readonly Part[] {
  if (!Array.isArray(value) || value.length > mostParts) throw new JobError('the result has no list of parts')
  return value.map(partOf)
}

/** Throws JobError. */
export function parseResult(value: unknown): RunResult {
  requireShort(value)
  const { reason, message, parts, bundle } = fieldsOf('the result', value)
  if (reason !== 'finished' && reason !== 'diverged') throw new JobError('the result has no reason')
  return { reason, message: text('the message', message, 2000), parts: parseParts(parts), bundle: bundleOf(bundle) }
}
