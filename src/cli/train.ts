/** `train`: trains a network into a run folder. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TensorFile } from '../model/safetensors.ts'
import type { EndEvent, RecordedEvent } from '../protocol/run-events.ts'
import { createLive, type Live, replayLive } from '../train/live.ts'
import {
  configOf,
  FlagError,
  parseFlags,
  parseTensors,
  readInput,
  readJson,
  required,
  startingConfig,
  UsageError,
} from './arguments.ts'
import { trainFlags } from './flags.ts'
import { sharedGpu } from './plan-host.ts'
import { readEvents, readResume } from './resume.ts'
import { requireNoRun } from './run-folder.ts'
import { interruption, progress, say } from './terminal.ts'
import { createReport, kernelsOf, trainInto } from './train-run.ts'

/** The tensors of a file whose names start with a prefix, without the prefix. */
function initialOf(path: string, prefix = ''): TensorFile {
  const file = parseTensors(readInput(path, 'initial weights'), path, 'initial weights')
  const tensors = new Map(
    [...file.tensors].flatMap(([name, t]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), t] as const] : [],
    ),
  )
  if (tensors.size === 0) throw new UsageError(`no tensor of ${path} starts with ${prefix}`)
  return { ...file, tensors }
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
  const settings = values.set ?? []
  if (values.resume) {
    const other = (['config', 'preset', 'init', 'replay'] as const).find((name) => values[name] !== undefined)
    if (other) throw new UsageError(`--${other} does not go with --resume: the run's own configuration holds`)
    const changed = settings.find((setting) => !/^train\.(epochs|memoryBudget)=/.test(setting))
    if (changed) {
      const may = 'only train.epochs and train.memoryBudget may change'
      throw new UsageError(`--set ${changed} does not go with --resume: ${may}`)
    }
    return { out, ...readInterrupted(out, settings), values }
  }
  const given = startingConfig(values)
  if (given === undefined) throw new FlagError('missing --config or --preset')
  requireNoRun(out)
  return { out, config: configOf(given, settings), resume: undefined, recorded: [], values }
}

export async function train(args: string[]): Promise<number> {
  const { out, config, resume, recorded, values } = parse(args)
  const initial = values.init === undefined ? undefined : initialOf(values.init, values['init-prefix'])
  const replayed = values.replay === undefined ? [] : readEvents(values.replay)
  const report = createReport(progress({ label: 'Training', unit: 'steps' }))
  let end: EndEvent | undefined
  for await (const event of trainInto({
    config,
    out,
    live: values.replay === undefined ? createLive() : replayOf(replayed),
    signal: interruption(),
    open: sharedGpu(),
    tuning: values.tune ? 'again' : values.untuned ? 'untuned' : 'auto',
    eager: values.eager,
    unchecked: values.unchecked,
    cache: !values['no-cache'],
    initial,
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
