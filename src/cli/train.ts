/** `train`: trains a network into a run folder. */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Environment, InitialRecord } from '../protocol/environment.ts'
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
import { openHostGpu } from './host.ts'
import { readInitial, recordedInitial, repeatWarnings } from './initial.ts'
import { readEvents, readResume } from './resume.ts'
import { requireNoRun } from './run-folder.ts'
import { interruption, progress, say } from './terminal.ts'
import { createReport, kernelsOf, trainInto } from './train-run.ts'

/** The initial weights of the run whose folder has this configuration, if it is one. */
function initialBeside(config: string | undefined): InitialRecord | undefined {
  const path = config === undefined ? '' : join(dirname(config), 'environment.json')
  if (config === undefined || basename(config) !== 'config.json' || !existsSync(path)) return undefined
  return (readJson(path, 'environment') as Partial<Environment> | null)?.initial
}

function replayOf(events: readonly RecordedEvent[]): Live {
  const steps = events.filter((event) => event.type === 'step')
  return replayLive(steps.map(({ alpha }) => ({ held: true, alpha })))
}

/** The configuration and the checkpoint of the run to resume. Throws UsageError. */
function readInterrupted(folder: string, settings: readonly string[]) {
  const path = join(folder, 'config.json')
  if (!existsSync(path)) throw new UsageError(`no run to resume in ${folder}: it has no config.json`)
  const config = configOf(readJson(path, 'configuration'), settings)
  const found = readResume(folder)
  const start = found.recorded.find((event) => event.type === 'start')
  const trained = found.resume.step / (start?.stepsPerEpoch ?? Number.POSITIVE_INFINITY)
  if (config.train.epochs < trained) {
    throw new UsageError(
      `invalid train.epochs: ${config.train.epochs} (the run has trained ${trained}; choose at least that)`,
    )
  }
  return { config, ...found }
}

function parse(args: string[]) {
  const { values } = parseFlags(args, trainFlags)
  if (values.tune && values.untuned) throw new UsageError('--tune does not go with --untuned')
  const out = required(values.out, 'out')
  const settings = settingsOf(values)
  if (values.resume) {
    const other = (['config', 'preset', 'init', 'init-prefix', 'init-without', 'replay'] as const).find(
      (name) => values[name] !== undefined,
    )
    if (other) throw new UsageError(`--${other} does not go with --resume: the run's own configuration holds`)
    const changed = settings.find((setting) => !setting.startsWith('train.epochs='))
    if (changed) throw new UsageError(`--set ${changed} does not go with --resume: only train.epochs may change`)
    return { out, ...readInterrupted(out, settings), values }
  }
  const given = startingConfig(values)
  if (given === undefined) throw new FlagError('missing --config or --preset')
  requireNoRun(out)
  return { out, config: configOf(given, settings), resume: undefined, recorded: [], values }
}

export async function train(args: string[]): Promise<number> {
  const { out, config, resume, recorded, values } = parse(args)
  const initial = readInitial(values, config)
  const replayed = values.replay === undefined ? [] : readEvents(values.replay)
  const before = values.replay === undefined ? initialBeside(values.config) : recordedInitial(replayed)
  const report = createReport(progress({ label: 'Training', unit: 'steps' }))
  let end: EndEvent | undefined
  for await (const event of trainInto({
    config,
    out,
    live: values.replay === undefined ? createLive() : replayOf(replayed),
    signal: interruption(),
    open: openHostGpu,
    tuning: values.tune ? 'again' : values.untuned ? 'untuned' : 'auto',
    eager: values.eager,
    unchecked: values.unchecked,
    cache: !values['no-cache'],
    initial,
    warnings: resume ? [] : repeatWarnings(before, initial, values.replay !== undefined),
    resume,
    recorded,
    kernels: kernelsOf([...replayed, ...recorded]),
  })) {
    if (event.type === 'end') end = event
    report(event)
  }
  say(`${end?.message ?? 'The run ended without an end event.'} ${end?.advice ?? ''}`.trim())
  return end?.reason === 'finished' ? 0 : 1
}
