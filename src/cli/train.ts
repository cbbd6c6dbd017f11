/** `train`: trains a network into a run folder: a new run, one that resumes, a fork, or a repetition. */
import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { RunConfig } from '../config/config.ts'
import { presetNamed } from '../config/presets.ts'
import type { EndEvent, RunEvent, StartEvent } from '../protocol/run-events.ts'
import type { RecordedControl } from '../protocol/run-record.ts'
import { controlsOf } from '../runs/format/controls.ts'
import { logName } from '../runs/format/log.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { differenceText } from '../runs/same-run.ts'
import {
  checkOf,
  configOf,
  FlagError,
  gpuOf,
  parseFlags,
  required,
  settingsOf,
  startingConfig,
  UsageError,
} from './arguments.ts'
import { findRun } from './find-runs.ts'
import { trainFlags } from './flags.ts'
import { openFork } from './fork.ts'
import { type OpenImages, openHostGpu, shareImages } from './host.ts'
import { initialBeside, readInitial, repeatWarnings } from './initial.ts'
import { type Lock, lockFolder } from './lock.ts'
import { withPresetClasses } from './preset-classes.ts'
import { openRun, withRun } from './read-run.ts'
import { infoOf } from './record-run.ts'
import { compareRepetition, type Repetition, readRepeated, trainAgain } from './repeat.ts'
import { canResume, cureOf, interruptedConfig, readGoing, requireNoRun, trainedEpochs } from './resume.ts'
import { readFolder } from './run-disk.ts'
import { interruption, print, progress, say } from './terminal.ts'
import { createReport, type RunRequest, trainInto } from './train-run.ts'

type Values = ReturnType<typeof parseFlags<typeof trainFlags>>['values']
type FlagName = keyof typeof trainFlags

/** The ways to train, and the flags that do not go with each. */
const ways = {
  resume: {
    refused: ['config', 'preset', 'layout', 'init', 'init-prefix', 'init-without', 'replay', 'json'],
    reason: 'the run’s own configuration holds',
  },
  fork: {
    refused: ['config', 'preset', 'layout', 'init', 'init-prefix', 'init-without', 'replay', 'tune', 'untuned', 'json'],
    reason: 'a fork begins with the configuration and the weights of its run',
  },
  repeat: {
    refused: ['config', 'preset', 'layout', 'set', 'replay', 'tune', 'untuned', 'accept-changed-data'],
    reason: 'a repetition has the configuration and the images of its run',
  },
} as const satisfies Record<string, { readonly refused: readonly FlagName[]; readonly reason: string }>

type Way = keyof typeof ways | 'new'

/** Throws UsageError for flags that exclude each other. */
function wayOf(values: Values): Way {
  const [way, other] = (['resume', 'fork', 'repeat'] as const).filter((name) => values[name] !== undefined)
  if (other) throw new UsageError(`--${other} does not go with --${way}`)
  if (!way) return 'new'
  const { refused, reason } = ways[way]
  const flag = refused.find((name) => values[name] !== undefined)
  if (flag) throw new UsageError(`--${flag} does not go with --${way}: ${reason}`)
  return way
}

const settable = /^(train\.(epochs|memoryBudget|recompute)|checkpoint\.(momentum|resumeSeconds|resumeSteps))=/

/** Throws UsageError for settings that a resumed run must not change, and for a folder without a run. */
function requireResumable(out: string, values: Values): void {
  const changed = settingsOf(values).find((setting) => !settable.test(setting))
  if (changed) {
    const may =
      'only train.epochs, train.memoryBudget, train.recompute and how states are saved may change; --fork changes more'
    throw new UsageError(`--set ${changed} does not go with --resume: ${may}`)
  }
  if (existsSync(join(out, logName))) return
  throw new UsageError(`no run to resume in ${out}: it has no ${logName}, the record of a run`)
}

/** Refuses flags that do not go with a new run. Throws UsageError. */
function requireNew(values: Values): void {
  if (values.json) throw new UsageError('--json goes only with --repeat')
  if (values['accept-changed-data']) throw new UsageError('--accept-changed-data goes only with --resume and --fork')
  if (values.data === undefined) return
  throw new UsageError(
    '--data goes only with --resume, --fork and --repeat; choose the images of a new run with --set data.source=PATH',
  )
}

/** Throws UsageError where the images of a run that goes on are not there. */
function requireSource({ data: { source } }: Pick<RunConfig, 'data'>): void {
  if (source === 'cifar10' || existsSync(source)) return
  throw new UsageError(`no such data source: ${resolve(source)}; name the new place of the images with --data`)
}

type Start = Pick<RunRequest, 'config' | 'going' | 'fork' | 'info' | 'initial' | 'warnings' | 'controls' | 'kernels'>

/** The run to resume; `data` is where its images are now. Rejects with UsageError or RunError. */
async function readInterrupted(folder: string, settings: readonly string[], data: string | undefined): Promise<Start> {
  if (!canResume(folder)) throw new UsageError(`${folder} has no state to resume from; ${cureOf(folder)}`)
  const files = readFolder(folder)
  const run = await openRunReader(files, folder)
  const recorded = configOf(await interruptedConfig(folder, run), settings)
  const config = data === undefined ? recorded : { ...recorded, data: { ...recorded.data, source: data } }
  requireSource(config)
  const trained = (await trainedEpochs(run)) ?? 0
  const least = Math.ceil(trained - 1e-6)
  if (config.train.epochs < least) {
    throw new UsageError(
      `invalid train.epochs: ${config.train.epochs} (the run has trained ${Number(trained.toFixed(2))}; choose at least ${least})`,
    )
  }
  return { config, going: await readGoing(files, folder) }
}

/** What a new run takes from the record that it replays. */
interface Replayed {
  readonly start: StartEvent
  readonly controls: readonly RecordedControl[]
}

/** Reads the α of a record: every step holds it, and the schedule applies behind the last one. */
const readReplayed = (path: string): Promise<Replayed> =>
  withRun(path, async (run) => {
    const recorded = await controlsOf(run.events())
    const held = recorded.map(({ step, alpha }) => ({ step, held: true, alpha }))
    const behind = { step: (held.at(-1)?.step ?? 0) + 1, held: false, alpha: 0 }
    return { start: run.start, controls: [...held, behind] }
  })

/** The configuration of a new run, and what it starts from. Rejects with UsageError or RunError. */
async function readNew(out: string, values: Values, { openImages, signal }: NewEngine): Promise<Start> {
  const given = startingConfig(values)
  if (given === undefined) throw new FlagError('missing --config or --preset')
  const settled = configOf(given, settingsOf(values))
  const initial = readInitial(values, settled)
  const replayed = values.replay === undefined ? undefined : await readReplayed(values.replay)
  const before = replayed ? replayed.start.environment.initial : initialBeside(values.config)
  const warnings = repeatWarnings(before, initial, replayed !== undefined)
  const preset = values.preset === undefined ? undefined : presetNamed(values.preset)
  const config = await withPresetClasses(settled, preset, openImages, signal)
  return {
    config,
    warnings,
    info: infoOf(config.name || basename(resolve(out))),
    ...(initial ? { initial } : {}),
    ...(replayed ? { controls: replayed.controls, kernels: replayed.start.environment.kernels } : {}),
  }
}

function parse(args: string[]) {
  const { values } = parseFlags(args, trainFlags)
  if (values.tune && values.untuned) throw new UsageError('--tune does not go with --untuned')
  checkOf(values)
  const way = wayOf(values)
  const out = required(values.out, 'out')
  if (way === 'resume') requireResumable(out, values)
  if (way === 'new') requireNew(values)
  return { out, values, way }
}

const engineOf = (values: Values) => {
  const gpu = gpuOf(values)
  return {
    signal: interruption(),
    open: () => openHostGpu(gpu),
    tuning: values.tune ? 'again' : values.untuned ? 'untuned' : 'auto',
    eager: values.eager,
    check: checkOf(values),
    cache: !values['no-cache'],
    acceptChangedData: values['accept-changed-data'],
  } as const
}

type Engine = ReturnType<typeof engineOf>
/** A new run opens its images once, also where its preset chooses classes from them. */
type NewEngine = Engine & { readonly openImages: OpenImages }

/** Reports the events of a run on standard error. Returns the last end. */
async function reported(events: AsyncIterable<RunEvent>): Promise<EndEvent | undefined> {
  const report = createReport(progress({ label: 'Training', unit: 'steps' }))
  let end: EndEvent | undefined
  for await (const event of events) {
    if (event.type === 'end') end = event
    report(event)
  }
  if (end) say(`${end.message} ${end.advice}`.trim())
  return end
}

async function trainRun(out: string, engine: Engine | NewEngine, lock: Lock, start: Start): Promise<number> {
  const end = await reported(trainInto({ ...start, ...engine, out, lock }))
  if (!end) say('The run ended without an end event.')
  return end?.reason === 'finished' ? 0 : 1
}

async function trainFork(out: string, values: Values & { fork: string }): Promise<number> {
  await using fork = await openFork(values.fork, values.set ?? [], values.data)
  requireSource(fork.request.config)
  requireNoRun(out)
  using lock = lockFolder(out)
  requireNoRun(out)
  return await trainRun(out, engineOf(values), lock, fork.request)
}

function printRepetition(run: string, out: string, { identical, same, difference }: Repetition, json: boolean): void {
  const counted = `${same} ${same === 1 ? 'event' : 'events'}`
  const sentence = difference
    ? `${differenceText(difference, run, out)} The ${counted} before are the same.`
    : `${out} repeats ${run} exactly: all ${counted} with results are the same.`
  print(json ? JSON.stringify({ run, out, identical, same, difference }) : sentence)
}

async function trainRepetition(out: string, values: Values & { repeat: string }): Promise<number> {
  await using found = await findRun(values.repeat)
  const parent = await openRun({ files: found.run.files, name: found.run.folder ?? found.run.name })
  const record = await readRepeated(parent)
  const [{ config }] = record.segments
  requireSource(values.data === undefined ? config : { data: { ...config.data, source: values.data } })
  const initial = readInitial(values, config)
  const warnings = repeatWarnings(record.start.environment.initial, initial, true)
  using lock = lockFolder(out)
  const engine = engineOf(values)
  const given = { ...engine, out, lock, warnings, data: values.data, ...(initial ? { initial } : {}) }
  const end = await reported(trainAgain(parent, record, given))
  if (engine.signal.aborted || (end && !['finished', 'diverged'].includes(end.reason))) return 1
  const repetition = await compareRepetition(parent, record, out)
  printRepetition(values.repeat, out, repetition, values.json ?? false)
  return repetition.identical ? 0 : 1
}

export async function train(args: string[]): Promise<number> {
  const { out, values, way } = parse(args)
  const { fork, repeat } = values
  if (fork !== undefined) return trainFork(out, { ...values, fork })
  if (repeat !== undefined) return trainRepetition(out, { ...values, repeat })
  return way === 'new' ? trainNew(out, values) : trainInterrupted(out, values)
}

async function trainNew(out: string, values: Values): Promise<number> {
  await using images = shareImages()
  const engine = { ...engineOf(values), openImages: images.open }
  const fresh = await readNew(out, values, engine)
  requireNoRun(out)
  using lock = lockFolder(out)
  // Another process may have begun a run by now.
  requireNoRun(out)
  return await trainRun(out, engine, lock, fresh)
}

async function trainInterrupted(out: string, values: Values): Promise<number> {
  // Another process may still write the run, so the folder is read behind the lock.
  using lock = lockFolder(out)
  return await trainRun(out, engineOf(values), lock, await readInterrupted(out, values.set ?? [], values.data))
}
