/** `train --fork RUN[@EPOCH]`: a new run that begins with the state and the record of another one. */

import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { parseConfig } from '../config/config.ts'
import { requireForkable } from '../config/fork.ts'
import { messageOf } from '../message.ts'
import type { ForkFrom } from '../protocol/commands.ts'
import type { LoggedEvent, StartEvent } from '../protocol/run-events.ts'
import { type ForkStart, forkInto, parentOf, readFork } from '../runs/format/fork.ts'
import { isEpochEnd } from '../runs/format/points.ts'
import type { RunReader } from '../runs/format/reader.ts'
import type { PrepareOptions } from '../runs/format/resume.ts'
import { configOf, UsageError } from './arguments.ts'
import { findRun } from './find-runs.ts'
import { openRun } from './read-run.ts'
import { infoOf } from './record-run.ts'
import type { Going } from './resume.ts'
import { byUser } from './resume.ts'
import { say } from './terminal.ts'
import type { RunRequest } from './train-run.ts'

/** Where a fork leaves its parent. */
export type ForkPlace =
  | { readonly kind: 'newest' }
  | { readonly kind: 'epoch'; readonly epoch: number }
  | { readonly kind: 'step'; readonly step: number }

const placePattern = /^(.+)@(?:step:(\d+)|(\d+(?:\.\d+)?))$/

/** Splits `RUN`, `RUN@EPOCH` and `RUN@step:N`. A path that exists may contain @. Throws UsageError. */
export function parseFork(text: string): { readonly path: string; readonly place: ForkPlace } {
  if (existsSync(text)) return { path: text, place: { kind: 'newest' } }
  const [, path, step, epoch] = placePattern.exec(text) ?? []
  if (path !== undefined)
    return { path, place: step ? { kind: 'step', step: Number(step) } : { kind: 'epoch', epoch: Number(epoch) } }
  if (/@[^/\\]*$/.test(text) && existsSync(text.replace(/@[^@]*$/, '')))
    throw new UsageError(`invalid --fork: ${text} (write RUN, RUN@EPOCH such as RUN@3, or RUN@step:N)`)
  throw new UsageError(`no such folder or zip: ${text}`)
}

/** An epoch's checkpoint, else the step at which it lies. */
async function fromOf(parent: RunReader, place: Exclude<ForkPlace, { kind: 'newest' }>): Promise<ForkFrom> {
  if (place.kind === 'step') return { step: place.step }
  const saved = (await parent.checkpoints()).find(({ epoch }) => Math.abs(epoch - place.epoch) < 1e-6)
  return saved ? { checkpoint: saved.file } : { step: Math.round(place.epoch * parent.start.stepsPerEpoch) }
}

/** The newest state that is whole; says which ones are not. Rejects with UsageError. */
async function newestStart(parent: RunReader): Promise<ForkStart> {
  const points = (await parent.points()).map(({ step }): ForkFrom => ({ step }))
  const checkpoints = (await parent.checkpoints()).map(({ file }): ForkFrom => ({ checkpoint: file }))
  for (const from of [...checkpoints, ...points].reverse()) {
    try {
      return await readFork(parent, from)
    } catch (error) {
      say(`Warning: a state is skipped: ${messageOf(error)}`)
    }
  }
  throw new UsageError(`${parent.name} has no whole state to fork from`)
}

/** The starts of the parent up to a step: the first one, and the last one before the fork. */
async function startsBefore(parent: RunReader, step: number): Promise<readonly [StartEvent, StartEvent]> {
  let last: StartEvent = parent.start
  for await (const event of parent.events({ skip: () => {} })) {
    if (isPast(event, step)) break
    if (event.type === 'start') last = event
  }
  return [parent.start, last]
}

const isPast = (event: LoggedEvent, step: number) => event.type === 'step' && event.step > step

/** A fork that is ready to train. Disposing of it closes the parent's zip. */
export interface OpenedFork extends AsyncDisposable {
  readonly request: Pick<RunRequest, 'config' | 'going' | 'fork' | 'info'>
}

const placeText = (epoch: number) => `epoch ${Number(epoch.toFixed(2))}`

/** Throws UsageError for a state within an epoch, which other images have in another order. */
function requireAllowed({ point }: ForkStart, { epochEnds }: PrepareOptions): void {
  if (!epochEnds || isEpochEnd(point)) return
  throw new UsageError(
    `step ${point.step} lies within an epoch, and with other images a fork begins at the end of one, such as RUN@${point.epoch}`,
  )
}

async function forkOf(parent: RunReader, place: ForkPlace, settings: readonly string[], data: string | undefined) {
  const start =
    place.kind === 'newest' ? await newestStart(parent) : await readFork(parent, await fromOf(parent, place))
  const [first, last] = await startsBefore(parent, start.point.step)
  const before = parseConfig(last.config)
  const config = configOf(before, data === undefined ? settings : [...settings, `data.source=${data}`])
  const record = parentOf(parent, start)
  requireForkable(before, config, record.epoch)
  const name = config.name === before.name ? `${record.name} from ${placeText(record.epoch)}` : config.name
  const info = infoOf(name, record)
  say(`Fork of ${parent.name} at ${placeText(record.epoch)}, step ${record.step}`)
  if (record.momentum === 'zero')
    say('Warning: the momentum of this checkpoint was not kept, so the fork begins with zeros; the record says so.')
  const going: Going = { first, last, info, mark: byUser }
  const fork: RunRequest['fork'] = (files, limits) => {
    requireAllowed(start, limits)
    return forkInto(parent, start, files, { info, config })
  }
  return { config, going, fork, info }
}

/** Opens the fork of `--fork`. Rejects with UsageError, ConfigError or RunError. */
export async function openFork(
  text: string,
  settings: readonly string[],
  data: string | undefined,
): Promise<OpenedFork> {
  const { path, place } = parseFork(text)
  const found = await findRun(path)
  const close = () => found[Symbol.asyncDispose]()
  try {
    const name = found.run.folder ?? basename(path)
    const parent = await openRun({ files: found.run.files, name })
    return { request: await forkOf(parent, place, settings, data), [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
