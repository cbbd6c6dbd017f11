/** The run in a folder, as far as it must be known before it can go on. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { getField, parseConfig, type RunConfig } from '../config/config.ts'
import { changedKeys } from '../config/fork.ts'
import { messageOf } from '../message.ts'
import type { StartEvent } from '../protocol/run-events.ts'
import type { ResumedMark, RunInfo } from '../protocol/run-record.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { legacyMomentum, readLegacyMomentum } from '../runs/format/format-1.ts'
import { logName } from '../runs/format/log.ts'
import { pointsName } from '../runs/format/points.ts'
import { openRunReader, type RunReader } from '../runs/format/reader.ts'
import { configOf, readJson, UsageError } from './arguments.ts'

/** Whether a folder has a state from which its run can resume. */
export const canResume = (folder: string): boolean =>
  [pointsName, legacyMomentum].some((path) => existsSync(join(folder, path)))

const initialFile = 'epoch-0000.safetensors'

/** Whether a folder has weights that were trained. */
export const hasCheckpoints = (folder: string): boolean => {
  const path = join(folder, 'checkpoints')
  return existsSync(path) && readdirSync(path).some((name) => name.endsWith('.safetensors') && name !== initialFile)
}

/** How a run goes on that has no state. */
export const cureOf = (folder: string): string =>
  hasCheckpoints(folder)
    ? `begin a new run from its newest checkpoint with --fork ${folder}`
    : 'train into a new folder'

/** Throws UsageError for a folder that has a run. */
export function requireNoRun(folder: string): void {
  if (!existsSync(join(folder, logName))) return
  const without = hasCheckpoints(folder) ? cureOf(folder) : 'remove it, for it ended before its first checkpoint'
  const cure = canResume(folder) ? 'add --resume to continue it' : without
  throw new UsageError(`${folder} already contains a run; choose another --out, or ${cure}`)
}

/** Fields that may differ between config.json and the log: no result depends on them, or `--resume` may change them. */
const changeable = /^(name|data\.source|train\.(epochs|memoryBudget|recompute)|checkpoint\.(momentum|resume.*))$/

/** The configuration of the newest start; null for a fork that has not begun, whose log is its parent's. */
async function startedConfig({ info, events }: RunReader): Promise<RunConfig | null> {
  const parent = info?.parent?.kind === 'fork' ? info.parent : null
  let [config, hasBegun]: [RunConfig | null, boolean] = [null, parent === null]
  for await (const event of events({ skip: () => {} })) {
    if (event.type !== 'start') continue
    config = parseConfig(event.config)
    hasBegun ||= JSON.stringify(event.parent) === JSON.stringify(parent)
  }
  return hasBegun ? config : null
}

/** The configuration in a file. Throws UsageError, with `cure`. */
function ownConfig(path: string, cure: string): RunConfig {
  try {
    return configOf(readJson(path, 'configuration'), [])
  } catch (error) {
    throw new UsageError(`${messageOf(error)}${cure}`)
  }
}

/**
 * The configuration of config.json, or without that file the one in the log. Rejects with UsageError where they differ: a run
 * does not go on with other settings.
 */
export async function interruptedConfig(folder: string, run: RunReader): Promise<RunConfig> {
  const path = join(folder, 'config.json')
  const started = await startedConfig(run)
  if (!existsSync(path)) {
    if (started) return started
    throw new UsageError(`${path} is missing, and this fork has not begun; restore it, or fork again`)
  }
  const config = ownConfig(path, started ? '; delete that file to go on with the recorded settings' : '')
  const key = started && changedKeys(started, config).find((name) => !changeable.test(name))
  if (!key) return config
  const [here, there] = [config, started].map((own) => JSON.stringify(getField(own, key)))
  throw new UsageError(
    `${path} has ${key} = ${here}, but the run trained with ${there}; delete that file to go on with the recorded settings, or use --fork to change some`,
  )
}

/** What the record of a run says that goes on. */
export interface Going {
  /** The first and the last start event. */
  readonly first: StartEvent
  readonly last: StartEvent
  /** Null for a record of format 1. */
  readonly info: RunInfo | null
  readonly mark: ResumedMark
}

export const byUser: ResumedMark = { reason: 'user', message: '' }

/** Rejects with RunError for a folder without a run. */
export async function readGoing(files: RunFiles, name: string, mark = byUser): Promise<Going> {
  const run = await openRunReader(files, name)
  let last: StartEvent = run.start
  for await (const event of run.events({ skip: () => {} })) if (event.type === 'start') last = event
  return { first: run.start, last, info: run.info, mark }
}

/** The epochs that the newest state has trained, with a fraction; null where the run has no state. Rejects with RunError. */
export async function trainedEpochs(run: RunReader): Promise<number | null> {
  const { stepsPerEpoch } = run.start
  const point = (await run.points()).at(-1)
  if (point) return point.epoch + point.batch / stepsPerEpoch
  const saved = await readLegacyMomentum(run.files, run.name)
  return saved && saved.step / stepsPerEpoch
}
