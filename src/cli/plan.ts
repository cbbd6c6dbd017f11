/** `plan NAME|FILE --out DIR`: runs every run of an experiment, one after another, and measures each. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseConfig } from '../config/config.ts'
import { type Costs, costKey, estimatePlan, type PlanEstimate } from '../experiments/estimate.ts'
import { expandPlan, type Plan, type PlannedRun } from '../experiments/plan.ts'
import { type PlanEnd, type QueueEvent, runPlan } from '../experiments/queue/run-plan.ts'
import { type Progress, timeLeft } from '../time-left.ts'
import { checkOf, gpuOf, parseFlags, required, UsageError } from './arguments.ts'
import { replaceFile } from './disk.ts'
import { planFlags } from './flags.ts'
import { type OpenImages, openHostGpu, type SharedImages, shareImages, splitOf } from './host.ts'
import { planWarnings } from './initial.ts'
import { lockFolder } from './lock.ts'
import { openQueue } from './open-queue.ts'
import { measureCosts } from './plan-costs.ts'
import { computing, type PlanValues, planOf, presetOfPlan } from './plan-flags.ts'
import { folderHost, requireSameRun } from './plan-host.ts'
import { runOnQueue } from './plan-queue.ts'
import { requireArrayFlags, runNamed, writeArray } from './plan-slurm.ts'
import { withPresetClasses } from './preset-classes.ts'
import { duration } from './progress.ts'
import { interruption, print, progress, say } from './terminal.ts'
import { createReport } from './train-run.ts'

function parse(args: string[]) {
  const { values, positionals } = parseFlags(args, planFlags, ['NAME or FILE'])
  const gpu = gpuOf(values)
  const options = {
    tuning: values.untuned ? 'untuned' : 'auto',
    eager: values.eager,
    check: checkOf(values),
    cache: !values['no-cache'],
    acceptChangedData: values['accept-changed-data'],
    open: () => openHostGpu(gpu),
  } as const
  requireQueueFlags(values)
  requireArrayFlags(values)
  const plan = planOf(positionals[0], values)
  for (const warning of planWarnings(values.config)) say(`Warning: ${warning}`)
  return { plan, values, options, preset: presetOfPlan(positionals[0], values) }
}

type Options = ReturnType<typeof parse>['options'] & { readonly openImages: SharedImages['open'] }

const sizeText = (bytes: number) => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`)

function estimateText(plan: Plan, { runs, steps, seconds, measureSeconds, bytes }: PlanEstimate): string {
  const measuring = measureSeconds > 0 ? ` (${duration(measureSeconds)} of it measuring, roughly)` : ''
  return `${plan.name}: ${runs} runs, ${steps} steps, about ${duration(seconds)}${measuring}, ${sizeText(bytes)}`
}

/** Prints the plan's size and duration, from timing a few steps of each kind of run. */
async function estimate(plan: Plan, json: boolean, options: Options): Promise<number> {
  const signal = interruption()
  const costs = new Map<string, Costs>()
  for (const { config, arm } of expandPlan({ ...plan, seeds: plan.seeds.slice(0, 1) })) {
    const key = costKey(config)
    if (costs.has(key)) continue
    say(`Timing a few steps of arm ${arm}`)
    costs.set(key, await measureCosts({ config, signal, ...options }))
  }
  const found = estimatePlan(plan, ({ config }) => costs.get(costKey(config)) as Costs)
  print(json ? JSON.stringify({ plan: plan.name, ...found, costs: [...costs.values()] }) : estimateText(plan, found))
  return 0
}

/** Throws UsageError for a run folder and for a plan's folder with runs of other configurations. */
function requirePlanFolder(runs: readonly PlannedRun[], out: string): void {
  if (existsSync(join(out, 'events.jsonl'))) throw new UsageError(`${out} is a run folder; choose another --out`)
  for (const run of runs) requireSameRun(join(out, run.name), run)
}

/** Writes plan.json and returns the runs. */
function openPlan(plan: Plan, out: string): PlannedRun[] {
  const runs = expandPlan(plan)
  requirePlanFolder(runs, out)
  replaceFile(join(out, 'plan.json'), Buffer.from(`${JSON.stringify(plan, null, 2)}\n`))
  return runs
}

type OfRun = Extract<QueueEvent, { run: PlannedRun }>

/** Returns a function that estimates the rest of the training from the speed since its first call. */
function createTimeLeft(): (progress: number) => string {
  let start: Progress | undefined
  return (progress) => {
    const now: Progress = { time: Date.now(), done: progress }
    start ??= now
    const left = progress >= 1 ? null : timeLeft(start, now, 1)
    return left === null ? '' : `, about ${duration(left / 1000)} left`
  }
}

/** Returns the progress line for an event, or '' for events that are reported elsewhere. */
function sentenceOf(event: OfRun, runs: number, left: (progress: number) => string): string {
  const name = nameOf(event, runs)
  switch (event.type) {
    case 'run-skipped':
      return `${name}: ${event.found} before`
    case 'run-started':
      return `${name}: ${event.resumed ? 'resumes from its newest state' : 'starts'}${left(event.progress)}`
    case 'run-ended':
      return `${name}: ${event.message} Plan: ${(100 * event.progress).toFixed(0)} % trained${left(event.progress)}`
    case 'measuring':
      return `${name}: measuring its checkpoints`
    case 'measuring-failed':
      return `${name}: measuring failed: ${event.message}`
    case 'measured':
    case 'run-event':
      return ''
    default:
      return event satisfies never
  }
}

const nameOf = ({ run, index }: OfRun, runs: number) => `${run.name} (${index + 1} of ${runs})`

/** Returns a function that reports a plan's events on standard error. */
function createPlanReport(runs: number): (event: QueueEvent) => void {
  const left = createTimeLeft()
  let report: ReturnType<typeof createReport> | undefined
  return (event) => {
    if (!('run' in event)) return
    const sentence = sentenceOf(event, runs, left)
    if (sentence) say(sentence)
    if (event.type === 'run-started') report = createReport(progress({ label: nameOf(event, runs), unit: 'steps' }))
    if (event.type === 'run-event') report?.(event.event)
  }
}

/** Writes plan.json and a job array for SLURM; trains nothing. */
function writeJobs(plan: Plan, out: string, values: PlanValues): number {
  requirePlanFolder(expandPlan(plan), out)
  using _lock = lockFolder(out, 'plan.lock')
  const runs = openPlan(plan, out)
  const script = writeArray(plan.name, runs, out, values)
  const result = { plan: plan.name, out, script, runs: runs.map(({ name }) => name) }
  print(values.json ? JSON.stringify(result) : `${plan.name}: ${runs.length} tasks in ${script}; submit it with sbatch`)
  return 0
}

/** Trains the runs in this process. */
async function runHere(plan: Plan, runs: readonly PlannedRun[], out: string, options: Options, signal: AbortSignal) {
  const report = createPlanReport(runs.length)
  let last: QueueEvent | undefined
  for await (const event of runPlan(runs, folderHost({ out, measure: plan.measure, ...options }), signal)) {
    report(event)
    last = event
  }
  if (last?.type !== 'plan-ended') throw new Error('the plan ended without an end event')
  return last
}

function notHere(source: string): null {
  say(`The images ${source} are not here: those of the first worker count, and all others must have the same.`)
  return null
}

/** The fingerprint of the plan's images; null where this machine has none. */
async function fingerprintHere({ base }: Plan, openImages: OpenImages, signal: AbortSignal): Promise<string | null> {
  const config = parseConfig(base)
  const { source } = config.data
  if (source !== 'cifar10' && !existsSync(source)) return notHere(source)
  try {
    await using images = await openImages(source, splitOf(config), { signal })
    return images.set.report.fingerprint
  } catch (error) {
    if (source !== 'cifar10' || signal.aborted) throw error
    return notHere(source)
  }
}

/** Lets workers train the runs. */
async function runAway(
  plan: Plan,
  runs: readonly PlannedRun[],
  out: string,
  { queue, shared, openImages }: Away,
  signal: AbortSignal,
) {
  const fingerprint = await fingerprintHere(plan, openImages, signal)
  await using opened = await openQueue(queue, signal)
  const end = await runOnQueue({ queue: opened, plan, runs, out, shared, fingerprint, signal })
  if (end.stopped) say('The workers go on without this command.')
  return end
}

interface Away {
  readonly queue: string
  readonly shared: string | null
  readonly openImages: OpenImages
}

type Run = (runs: readonly PlannedRun[]) => Promise<PlanEnd>

async function start(plan: Plan, out: string, json: boolean, run: Run): Promise<number> {
  requirePlanFolder(expandPlan(plan), out)
  using _lock = lockFolder(out, 'plan.lock')
  return await runAll(plan, openPlan(plan, out), out, json, run)
}

/** Trains one run of a plan while other processes may train others: plan.json stays as it is. */
async function startOne(plan: Plan, name: string, out: string, json: boolean, run: Run): Promise<number> {
  const chosen = runNamed(expandPlan(plan), name)
  requirePlanFolder([chosen], out)
  return await runAll(plan, [chosen], out, json, run)
}

async function runAll(plan: Plan, runs: readonly PlannedRun[], out: string, json: boolean, run: Run): Promise<number> {
  const { finished, failed, stopped } = await run(runs)
  const failures = failed.map(({ run, reason, message }) => ({ run: run.name, reason, message }))
  for (const { run, message } of failures) say(`Failed: ${run}: ${message}`)
  if (stopped) say('Stopped. Repeat the command to continue.')
  const result = { plan: plan.name, out, runs: runs.map(({ name }) => name), finished, failed: failures, stopped }
  print(json ? JSON.stringify(result) : `${plan.name}: ${finished} of ${runs.length} runs finished in ${out}`)
  return failures.length > 0 || stopped ? 1 : 0
}

/** Throws UsageError for flags that do not go with `--queue` or its absence. */
function requireQueueFlags(values: PlanValues): void {
  if (values.queue === undefined) {
    if (values.runs !== undefined) throw new UsageError('--runs goes only with --queue')
    return
  }
  const other = (['slurm', 'run'] as const).find((name) => values[name] !== undefined)
  if (other) throw new UsageError(`--${other} does not go with --queue: use one of them`)
  if (values.estimate) throw new UsageError('--estimate does not go with --queue')
  const flag = (['gpu', ...computing] as const).find((name) => values[name] !== undefined)
  if (flag) throw new UsageError(`--${flag} does not go with --queue: give it to the command work on each machine`)
}

export async function plan(args: string[]): Promise<number> {
  const { plan: given, values, options, preset } = parse(args)
  const json = values.json ?? false
  if (!values.estimate) required(values.out, 'out')
  const signal = interruption()
  await using images = shareImages()
  const chosen = { ...given, base: await withPresetClasses(given.base, preset, images.open, signal) }
  const shared = { ...options, openImages: images.open }
  if (values.estimate) return estimate(chosen, json, shared)
  const out = required(values.out, 'out')
  if (values.slurm !== undefined) return writeJobs(chosen, out, values)
  const { queue, runs: workerRuns } = values
  const away = { shared: workerRuns === undefined ? null : resolve(workerRuns), openImages: images.open }
  const run: Run = (runs) =>
    queue === undefined
      ? runHere(chosen, runs, out, shared, signal)
      : runAway(chosen, runs, out, { ...away, queue }, signal)
  if (values.run !== undefined) return await startOne(chosen, values.run, out, json, run)
  return await start(chosen, out, json, run)
}
