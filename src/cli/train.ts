/** `train`: trains a network into a run folder. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { EndEvent, RecordedEvent } from '../protocol/run-events.ts'
import { createLive, type Live, replayLive } from '../train/live.ts'
import {
  configOf,
  FlagError,
  parseFlags,
  readJson,
  required,
  settingsOf,
  startingConfig,
  UsageError,
} from './arguments.ts'
import { trainFlags } from './flags.ts'
import { initialBeside, readInitial, recordedInitial, repeatWarnings } from './initial.ts'
import { type Lock, lockFolder } from './lock.ts'
import { sharedGpu } from './plan-host.ts'
import { readEvents } from './read-events.ts'
import { readResume } from './resume.ts'
import { requireNoRun } from './run-folder.ts'
import { interruption, progress, say } from './terminal.ts'
import { createReport, kernelsOf, trainInto } from './train-run.ts'

function replayOf(events: readonly RecordedEvent[]): Live {
  const steps = events.filter((event) => event.type === 'step')
  return replayLive(steps.map(({ alpha }) => ({ held: true, alpha })))
}

/** The configuration and the checkpoint of the run to resume; `data` is where its images are now. Throws UsageError. */
function readInterrupted(folder: string, settings: readonly string[], data: string | undefined) {
  const recorded = configOf(readJson(join(folder, 'config.json'), 'configuration'), settings)
  const config = data === undefined ? recorded : { ...recorded, data: { ...recorded.data, source: data } }
  const { source } = config.data
  if (source !== 'cifar10' && !existsSync(source)) {
    throw new UsageError(`no such data source: ${resolve(source)}; name the new place of the images with --data`)
  }
  const found = readResume(folder)
  const { epoch = 0 } = found.resume
  if (config.train.epochs < epoch) {
    throw new UsageError(
      `invalid train.epochs: ${config.train.epochs} (the run has trained ${epoch}; choose at least that)`,
    )
  }
  return { config, ...found, kernels: kernelsOf(found.recorded), initial: undefined, live: createLive() }
}

type Values = ReturnType<typeof parseFlags<typeof trainFlags>>['values']

/** Refuses flags that do not go with --resume. Throws UsageError. */
function requireResumable({ out = '', ...values }: Values): void {
  const other = (['config', 'preset', 'layout', 'init', 'init-prefix', 'init-without', 'replay'] as const).find(
    (name) => values[name] !== undefined,
  )
  if (other) throw new UsageError(`--${other} does not go with --resume: the run's own configuration holds`)
  const changed = settingsOf(values).find((setting) => !/^train\.(epochs|memoryBudget)=/.test(setting))
  if (changed) {
    const may = 'only train.epochs and train.memoryBudget may change'
    throw new UsageError(`--set ${changed} does not go with --resume: ${may}`)
  }
  if (existsSync(join(out, 'config.json'))) return
  throw new UsageError(`no run to resume in ${out}: it has no config.json`)
}

/** Refuses flags that only go with --resume. Throws UsageError. */
function requireNew(values: Values): void {
  if (values['accept-changed-data']) throw new UsageError('--accept-changed-data goes only with --resume')
  if (values.data === undefined) return
  throw new UsageError('--data goes only with --resume; choose the images of a new run with --set data.source=PATH')
}

/** The configuration of a new run, and what it starts from. Throws UsageError. */
function readNew(values: Values) {
  const given = startingConfig(values)
  if (given === undefined) throw new FlagError('missing --config or --preset')
  const config = configOf(given, settingsOf(values))
  const initial = readInitial(values, config)
  const replayed = values.replay === undefined ? [] : readEvents(values.replay)
  const before = values.replay === undefined ? initialBeside(values.config) : recordedInitial(replayed)
  const warnings = repeatWarnings(before, initial, values.replay !== undefined)
  const live = values.replay === undefined ? createLive() : replayOf(replayed)
  return { config, initial, warnings, live, kernels: kernelsOf(replayed), resume: undefined, recorded: [] }
}

function parse(args: string[]) {
  const { values } = parseFlags(args, trainFlags)
  if (values.tune && values.untuned) throw new UsageError('--tune does not go with --untuned')
  const out = required(values.out, 'out')
  if (values.resume) requireResumable({ ...values, out })
  else requireNew(values)
  return { out, values }
}

/** Trains a run that `start` describes. */
async function trainRun(
  out: string,
  values: Values,
  lock: Lock,
  start: ReturnType<typeof readNew | typeof readInterrupted>,
) {
  const report = createReport(progress({ label: 'Training', unit: 'steps' }))
  let end: EndEvent | undefined
  for await (const event of trainInto({
    ...start,
    out,
    lock,
    signal: interruption(),
    open: sharedGpu(),
    tuning: values.tune ? 'again' : values.untuned ? 'untuned' : 'auto',
    eager: values.eager,
    unchecked: values.unchecked,
    cache: !values['no-cache'],
    acceptChangedData: values['accept-changed-data'],
  })) {
    if (event.type === 'end') end = event
    report(event)
  }
  return end
}

export async function train(args: string[]): Promise<number> {
  const { out, values } = parse(args)
  const fresh = values.resume ? undefined : readNew(values)
  if (fresh) requireNoRun(out)
  // Another process may still write the run, so its state is read behind the lock.
  using lock = lockFolder(out)
  const end = await trainRun(out, values, lock, fresh ?? readInterrupted(out, values.set ?? [], values.data))
  say(`${end?.message ?? 'The run ended without an end event.'} ${end?.advice ?? ''}`.trim())
  return end?.reason === 'finished' ? 0 : 1
}
