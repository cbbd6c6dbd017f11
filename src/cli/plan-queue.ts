/** `plan … --queue URL --out DIR`: sends the runs of a plan to workers, shows their progress, and collects their records. */
import { join } from 'node:path'
import type { Plan, PlannedRun } from '../experiments/plan.ts'
import { endingWith } from '../experiments/queue/ending.ts'
import type { JobStatus } from '../experiments/queue/job-queue.ts'
import { orNull, parseProgress, parseResult, shownText } from '../experiments/queue/parse-job.ts'
import { imagesKey, JobError, jobOf, type Part, type RunJob, type RunProgress } from '../experiments/queue/run-job.ts'
import { divergedEarlier, type FailedRun, type PlanEnd } from '../experiments/queue/run-plan.ts'
import { messageOf } from '../message.ts'
import { wait } from '../wait.ts'
import { UsageError } from './arguments.ts'
import { collect, type Place } from './collect.ts'
import { findRun } from './plan-host.ts'
import { readSweep, writeSweep } from './sweep-record.ts'
import { progress, say } from './terminal.ts'

/** A run that workers train, or will train. */
interface Sent {
  readonly run: PlannedRun
  readonly job: RunJob
  /** Of the newest report. */
  progress: RunProgress | null
  /** The worker that was named to the user; empty before. */
  worker: string
  failures: number
  /** Whether its record was lost and the run was sent again. */
  again: boolean
}

export interface QueueRequest extends Place {
  readonly plan: Plan
  readonly runs: readonly PlannedRun[]
  readonly signal: AbortSignal
}

interface Sweep extends QueueRequest {
  readonly open: Map<string, Sent>
  finished: number
  readonly failed: FailedRun[]
  readonly parts: Map<string, readonly Part[]>
}

/** Throws UsageError where the queue has runs of a plan of this name on other images. */
async function agreeOnImages({ queue, plan, runs, fingerprint }: QueueRequest): Promise<void> {
  if (fingerprint === null) return
  const keys = new Set(await Promise.all(runs.map(({ config }) => imagesKey(plan.name, config))))
  for (const key of keys)
    if ((await queue.agree(`images:${key}`, fingerprint)) !== fingerprint)
      throw new UsageError(
        `the queue has a plan ${plan.name} on other images; use another database of the server (redis://HOST/1), or another name`,
      )
}

/** The runs that the plan's folder lacks. Throws UsageError for a run that was interrupted there. */
async function missing(sweep: Sweep): Promise<PlannedRun[]> {
  const lacking: PlannedRun[] = []
  for (const run of sweep.runs) {
    const folder = join(sweep.out, run.name)
    const found = await findRun(folder)
    if (found === 'interrupted')
      throw new UsageError(`${folder} holds an interrupted run; finish it without --queue, or remove it`)
    if (found === 'new') lacking.push(run)
    else settle(sweep, run, found, divergedEarlier)
  }
  return lacking
}

function settle(sweep: Sweep, run: PlannedRun, reason: 'finished' | 'diverged' | 'error', message: string): void {
  if (reason === 'finished') sweep.finished++
  else sweep.failed.push({ run, reason, message })
}

/** Notes who trained the runs that were collected just before the command ended. */
async function notePartsOf(sweep: Sweep, runs: readonly PlannedRun[]): Promise<void> {
  const { queue, plan, parts, out } = sweep
  const without = runs.filter(({ name }) => !parts.has(name))
  const jobs = await Promise.all(without.map((run) => jobOf(plan.name, run, plan.measure)))
  const known = parts.size
  for (const [i, status] of (await queue.status(jobs.map(({ id }) => id))).entries()) {
    if (status?.state !== 'finished') continue
    const found = orNull(() => parseResult(status.result))
    if (found) parts.set(without[i].name, found.parts)
  }
  if (parts.size > known) writeSweep(out, parts)
}

async function send(sweep: Sweep): Promise<void> {
  const { queue, plan, runs } = sweep
  const lacking = await missing(sweep)
  await notePartsOf(
    sweep,
    runs.filter((run) => !lacking.includes(run)),
  )
  for (const run of lacking) {
    const job = await jobOf(plan.name, run, plan.measure)
    sweep.open.set(job.id, { run, job, progress: null, worker: '', failures: 0, again: false })
  }
  const ids = [...sweep.open.keys()]
  // Failed runs begin anew, as when a plan on one machine is repeated.
  const retried = await queue.retry(ids)
  const added = await queue.add([...sweep.open.values()].map(({ job }) => ({ id: job.id, data: job })))
  const before = runs.length - ids.length
  say(
    `${added} ${added === 1 ? 'run' : 'runs'} sent, ${ids.length - added} were in the queue (${retried} of them failed before and begin anew), ${before} are in ${sweep.out}`,
  )
}

/** Says who trains a run, and when an attempt has failed. */
function tell(sent: Sent, { progress: reported, failures, error }: JobStatus): void {
  const { name } = sent.run
  if (failures > sent.failures) say(`${name}: attempt ${failures} failed: ${shownText(error)}`)
  sent.failures = failures
  // A worker of another version may report something else; progress is for people only.
  sent.progress = orNull(() => parseProgress(reported))
  if (!sent.progress) return
  const { worker, adapter } = sent.progress
  if (worker === sent.worker || adapter === '') return
  sent.worker = worker
  say(`${name}: ${worker} trains it on ${adapter}`)
}

/** Sends a run again whose result cannot be used, once: its worker, or another one, may still have the run. */
async function sendAgain(sweep: Sweep, id: string, sent: Sent, problem: string): Promise<void> {
  const { run, job } = sent
  if (sent.again) throw new JobError(`${problem}, for the second time`)
  sent.again = true
  say(`${run.name}: ${problem}, so the run is sent again`)
  await sweep.queue.remove([id])
  await sweep.queue.add([{ id, data: job }])
}

/** Takes a finished run. Resolves to why its result cannot be used; '' where it was taken. */
async function taken(sweep: Sweep, id: string, { run }: Sent, status: JobStatus): Promise<string> {
  try {
    const result = parseResult(status.result)
    if (!(await collect(sweep, id, run, result))) return 'the queue no longer has its record'
    sweep.open.delete(id)
    sweep.parts.set(run.name, result.parts)
    settle(sweep, run, result.reason, result.message)
    say(`${run.name}: ${result.message}`)
    return ''
  } catch (error) {
    if (error instanceof JobError) return error.message
    throw error
  }
}

async function take(sweep: Sweep, id: string, sent: Sent, status: JobStatus): Promise<void> {
  const problem = await taken(sweep, id, sent, status)
  if (problem !== '') await sendAgain(sweep, id, sent, problem)
}

function fail(sweep: Sweep, id: string, { run }: Sent, message: string): void {
  sweep.open.delete(id)
  settle(sweep, run, 'error', message)
  say(`${run.name}: failed: ${message}`)
}

async function update(sweep: Sweep, id: string, sent: Sent, status: JobStatus | null): Promise<void> {
  try {
    if (!status) {
      say(`${sent.run.name}: the queue no longer has it, so it is sent again`)
      return void (await sweep.queue.add([{ id, data: sent.job }]))
    }
    if (status.state === 'finished') return await take(sweep, id, sent, status)
    tell(sent, status)
    if (status.state !== 'active') sent.progress = null
    if (status.state === 'failed') fail(sweep, id, sent, shownText(status.error))
  } catch (error) {
    if (sweep.signal.aborted) throw error
    fail(sweep, id, sent, messageOf(error))
  }
}

const activeText = ({ run, progress: now }: Sent): string => {
  if (!now) return ''
  const loss = now.loss === null ? '' : `, loss ${now.loss.toFixed(3)}`
  return `${run.name} ${now.activity}, epoch ${now.epoch.toFixed(2)}${loss}`
}

/** Epochs that were trained. */
function epochsOf({ runs, open }: Sweep): { readonly done: number; readonly total: number } {
  const total = runs.reduce((sum, { config }) => sum + config.train.epochs, 0)
  const left = [...open.values()].reduce(
    (sum, { run, progress: now }) => sum + run.config.train.epochs - (now?.epoch ?? 0),
    0,
  )
  return { done: Math.floor(total - left), total }
}

/** Shows the progress of the whole, with the runs that are trained now. */
function createDisplay(sweep: Sweep): () => Promise<void> {
  const bar = progress({ label: sweep.plan.name, unit: 'epochs' })
  return async () => {
    const workers = (await sweep.queue.workers()).length
    const { done, total } = epochsOf(sweep)
    const active = [...sweep.open.values()].map(activeText).filter(Boolean)
    const counted = `${workers} ${workers === 1 ? 'worker' : 'workers'}`
    bar(done, total, () => [counted, ...active].join('; '))
  }
}

/** Milliseconds between two readings of the queue. */
const interval = 1000

/** Reads the open runs once. */
async function read(sweep: Sweep): Promise<void> {
  const { open, queue, signal } = sweep
  const ids = [...open.keys()]
  const statuses = await queue.status(ids)
  try {
    for (const [i, id] of ids.entries()) {
      signal.throwIfAborted()
      const sent = open.get(id)
      if (sent) await update(sweep, id, sent, statuses[i])
    }
  } finally {
    if (open.size < ids.length && sweep.parts.size > 0) writeSweep(sweep.out, sweep.parts)
  }
}

/** Reads the queue again and again until no run is open. */
async function follow(sweep: Sweep): Promise<void> {
  const { open, queue, signal } = sweep
  const display = createDisplay(sweep)
  while (open.size > 0) {
    const began = performance.now()
    await read(sweep)
    if (open.size === 0) return
    await display()
    // Reading many jobs takes longer, and is done less often.
    await wait(Math.max(interval, 4 * (performance.now() - began)), signal)
    await queue.changed(signal)
  }
}

/** Sends, follows and collects. When the signal is aborted, the runs stay in the queue and the workers go on. */
export async function runOnQueue({ queue, ...request }: QueueRequest): Promise<PlanEnd> {
  const { signal, out } = request
  const own = { queue: endingWith(queue, signal), open: new Map(), parts: readSweep(out) }
  const sweep: Sweep = { ...request, ...own, finished: 0, failed: [] }
  let stopped = false
  try {
    await agreeOnImages(sweep)
    await send(sweep)
    await follow(sweep)
  } catch (error) {
    if (!signal.aborted) throw error
    stopped = true
  }
  return { finished: sweep.finished, failed: sweep.failed, stopped }
}
