/** Writes the folder of a run that trains. */
import { randomUUID } from 'node:crypto'
import type { RunConfig } from '../config/config.ts'
import type { RecordedEvent, RunEvent } from '../protocol/run-events.ts'
import type { RecordedControl, ResumeState, RunInfo, RunParent } from '../protocol/run-record.ts'
import { controlsName, keptText } from '../runs/format/controls.ts'
import type { WritableRunFiles } from '../runs/format/files.ts'
import { infoName, newInfo } from '../runs/format/info.ts'
import { logName } from '../runs/format/log.ts'
import { pointsName } from '../runs/format/points.ts'
import { unitsName } from '../runs/format/units.ts'
import { openRunWriter, type RunWriter } from '../runs/format/writer.ts'
import { writeReason } from './folder.ts'
import { say } from './terminal.ts'

/** The record of a new run. */
export const infoOf = (name: string, parent: RunParent | null = null): RunInfo =>
  newInfo({ id: randomUUID(), created: Date.now(), name, parent })

/** Empties the folder of a run that is replaced: first what it could resume from. */
export async function clearRun(files: WritableRunFiles): Promise<void> {
  for (const path of [pointsName, controlsName, infoName, logName, unitsName]) await files.remove(path)
}

/** Has a new run repeat controls, also after it was interrupted. */
export const keepControls = (files: WritableRunFiles, controls: readonly RecordedControl[]): Promise<void> =>
  files.replace(controlsName, keptText({ controls, events: [] }))

/** The error at the bottom: the system's own. */
function innermost(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause
  return inner
}

/** Does `work`. Rejects with an error that names the folder, the reason and the cure. */
async function recording<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const reason = writeReason(innermost(cause))
    throw new Error(
      `cannot record in ${folder} (${reason}); everything up to here is recorded, and train --resume goes on from the newest state`,
      { cause },
    )
  }
}

/** What a training run needs of its folder. */
export interface Recording {
  readonly record: (event: RunEvent) => Promise<void>
  readonly save: RunWriter['saveCheckpoint']
  readonly saveResume: (state: ResumeState) => Promise<void>
  readonly resumeDue: () => boolean
  readonly close: () => Promise<void>
}

/** Tells whether so many seconds have passed since the last `reset`; null: never. `now` is in milliseconds. */
function createTimer(seconds: number | null, now: () => number) {
  let since = now()
  return {
    isDue: () => seconds !== null && now() - since >= 1000 * seconds,
    reset: () => {
      since = now()
    },
  }
}

export interface RecordingOptions {
  readonly folder: string
  readonly config: RunConfig
  readonly now: () => number
  /** Of a new run. */
  readonly info?: RunInfo
}

/** Opens the folder of a new run, or of one that resumes, whose logs were cut. Rejects with RunError. */
export async function openRecording(
  files: WritableRunFiles,
  { folder, config, now, info }: RecordingOptions,
): Promise<Recording> {
  const notice = (message: string) => say(`Warning: ${message}`)
  const writer = await openRunWriter(files, { name: folder, now, csv: true, notice, ...(info ? { info } : {}) })
  const began = now()
  const timer = createTimer(config.checkpoint.resumeSeconds, now)
  const timed = (event: RunEvent): RecordedEvent => ({ ...event, time: Math.round(writer.time + now() - began) })
  return {
    record: (event) => recording(folder, () => writer.record(timed(event))),
    save: writer.saveCheckpoint,
    saveResume: async (state) => {
      timer.reset()
      await writer.saveResume(state)
    },
    resumeDue: timer.isDue,
    close: writer.close,
  }
}
