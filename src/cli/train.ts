/** `train --config FILE … --out DIR` */
import { join } from 'node:path'
import type { RunConfig } from '../config/config.ts'
import { presets } from '../config/presets.ts'
import type { EndEvent, RecordedEvent, RunEvent } from '../events.ts'
import { parseSafetensors, type TensorFile } from '../model/safetensors.ts'
import { environmentOf } from '../train/environment.ts'
import { createLive, type Live, replayLive } from '../train/live.ts'
import { train as trainRun } from '../train/train.ts'
import { configOf, flags, readInput, readJson, required, UsageError } from './arguments.ts'
import { hostName, openHostGpu, readPrepared } from './host.ts'
import { preparedKernels } from './kernels.ts'
import { openRunFolder, readEvents, readResume } from './run-folder.ts'
import { interruption, occasionally, say } from './terminal.ts'

const string = { type: 'string' } as const
const options = {
  config: string,
  preset: string,
  set: { type: 'string', multiple: true },
  init: string,
  'init-prefix': string,
  replay: string,
  out: string,
  resume: { type: 'boolean' },
  tune: { type: 'boolean' },
  untuned: { type: 'boolean' },
  eager: { type: 'boolean' },
  unchecked: { type: 'boolean' },
  'no-cache': { type: 'boolean' },
} as const

function presetNamed(id: string): RunConfig {
  const preset = presets.find((p) => p.id === id)
  if (!preset) throw new UsageError(`unknown preset: ${id} (have ${presets.map((p) => p.id).join(', ')})`)
  return preset.config
}

/** Tensors of a file, or those under a prefix, without it. */
function initialOf(path: string, prefix = ''): TensorFile {
  const file = parseSafetensors(readInput(path, 'initial weights'))
  const tensors = new Map(
    [...file.tensors].flatMap(([name, t]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), t] as const] : [],
    ),
  )
  if (tensors.size === 0) throw new UsageError(`no tensor of ${path} begins with ${prefix}`)
  return { ...file, tensors }
}

function replayOf(events: readonly RecordedEvent[]): Live {
  const steps = events.filter((event) => event.type === 'step')
  return replayLive(steps.map(({ alpha }) => ({ held: true, alpha })))
}

/** The kernels that a recorded run used: a replay and a resumed run use the same. */
const kernelsOf = (events: readonly RecordedEvent[]) =>
  events.find((event) => event.type === 'start')?.environment.kernels

function progressLine(event: RunEvent, total: number): string {
  if (event.type !== 'step') return ''
  const { step, epoch, loss, top1, alpha } = event
  return `step ${step} of ${total} (epoch ${epoch.toFixed(2)}): loss ${loss.toFixed(4)}, top-1 ${(100 * top1).toFixed(1)} %, α ${alpha}`
}

function report(event: RunEvent): void {
  if (event.type === 'evaluation') {
    say(
      `epoch ${event.epoch}: validation loss ${event.loss.toFixed(4)}, top-1 ${(100 * event.top1).toFixed(2)} %, top-5 ${(100 * event.top5).toFixed(2)} %`,
    )
  } else if (event.type === 'probe') {
    const modules = event.modules.map(
      ({ module, selectivity, floor }) => `${module} ${selectivity.toFixed(3)} (${floor.toFixed(3)})`,
    )
    say(`epoch ${event.epoch}: selectivity (floor) ${modules.join(', ')}`)
  } else if (event.type === 'warning') say(`Warning: ${event.message}`)
}

function parse(args: string[]) {
  const { values } = flags(args, options)
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
  if (values.config === undefined && values.preset === undefined) required(undefined, 'config')
  const given =
    values.config === undefined ? presetNamed(values.preset ?? '') : readJson(values.config, 'configuration')
  return { out, config: configOf(given, settings), resume: undefined, kept: [], values }
}

export async function train(args: string[]): Promise<number> {
  const { out, config, resume, kept, values } = parse(args)
  const initial = values.init === undefined ? undefined : initialOf(values.init, values['init-prefix'])
  const replayed = values.replay === undefined ? [] : readEvents(values.replay)
  const live = values.replay === undefined ? createLive() : replayOf(replayed)
  const signal = interruption()
  const { unchecked } = values
  const { set: data, warnings } = await readPrepared(config.data.source, config, signal, {
    cache: !values['no-cache'],
    unchecked,
  })
  const { gpu, driver } = await openHostGpu()
  const kernels = await preparedKernels(
    {
      gpu,
      config,
      classes: data.classes.length,
      tuning: values.tune ? 'again' : values.untuned ? 'untuned' : 'auto',
      recorded: kernelsOf([...replayed, ...kept]),
      signal,
    },
    driver,
  )
  const environment = environmentOf(hostName, gpu, data, { driver, kernels })
  const folder = openRunFolder(out, kept)
  const before = kept.at(-1)?.time ?? 0
  const began = performance.now()
  const occasional = occasionally(1000)
  let total = 0
  let end: EndEvent | undefined
  const { save, saveMomentum } = folder
  for await (const event of trainRun({
    config,
    data,
    environment,
    warnings,
    gpu,
    live,
    signal,
    initial,
    resume,
    eager: values.eager ?? false,
    now: () => performance.now(),
    save,
    saveMomentum,
  })) {
    const recorded: RecordedEvent = { ...event, time: Math.round(before + performance.now() - began) }
    folder.record(recorded)
    if (event.type === 'start') total = event.totalSteps
    if (event.type === 'end') end = event
    if (event.type === 'step') occasional(() => progressLine(event, total))
    else report(event)
  }
  folder.close()
  say(`${end?.message ?? 'The run ended without a word.'} ${end?.advice ?? ''}`.trim())
  return end?.reason === 'finished' ? 0 : 1
}
