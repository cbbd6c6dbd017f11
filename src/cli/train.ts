/** `train`: trains a network into a run folder. */
import { join } from 'node:path'
import { parseSafetensors, type TensorFile } from '../model/safetensors.ts'
import type { EndEvent, RecordedEvent } from '../protocol/run-events.ts'
import { createLive, type Live, replayLive } from '../train/live.ts'
import {
  configOf,
  FlagError,
  parseFlags,
  readInput,
  readJson,
  required,
  startingConfig,
  UsageError,
} from './arguments.ts'
import { trainFlags } from './flags.ts'
import { openHostGpu } from './host.ts'
import { readEvents, readResume } from './resume.ts'
import { interruption, progress, say } from './terminal.ts'
import { createReport, kernelsOf, trainInto } from './train-run.ts'

/** The tensors of a file whose names start with a prefix, without the prefix. */
function initialOf(path: string, prefix = ''): TensorFile {
  const file = parseSafetensors(readInput(path, 'initial weights'))
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

function parse(args: string[]) {
  const { values } = parseFlags(args, trainFlags)
  if (values.tune && values.untuned) throw new UsageError('--tune does not go with --untuned')
  const out = required(values.out, 'out')
  const settings = values.set ?? []
  if (values.resume) {
    const other = (['config', 'preset', 'init', 'replay'] as const).find((name) => values[name] !== undefined)
    if (other) throw new UsageError(`--${other} does not go with --resume: the run's own configuration holds`)
    const changed = settings.find((setting) => !setting.startsWith('train.epochs='))
    if (changed) throw new UsageError(`--set ${changed} does not go with --resume: only train.epochs may change`)
    return {
      out,
      config: configOf(readJson(join(out, 'config.json'), 'configuration'), settings),
      ...readResume(out),
      values,
    }
  }
  const given = startingConfig(values)
  if (!given) throw new FlagError('missing --config or --preset')
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
    open: openHostGpu,
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
