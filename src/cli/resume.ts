/** The run in a folder, as far as it must be known before it can go on. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { StartEvent } from '../protocol/run-events.ts'
import type { ResumedMark, RunInfo } from '../protocol/run-record.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { legacyMomentum, readLegacyMomentum } from '../runs/format/format-1.ts'
import { logName } from '../runs/format/log.ts'
import { pointsName } from '../runs/format/points.ts'
import { openRunReader, type RunReader } from '../runs/format/reader.ts'
import { UsageError } from './arguments.ts'

/** Whether a folder has a state from which its run can resume. */
export const canResume = (folder: string): boolean =>
  [pointsName, legacyMomentum].some((path) => existsSync(join(folder, path)))

/** Throws UsageError for a folder that has a run. */
export function requireNoRun(folder: string): void {
  if (!existsSync(join(folder, logName))) return
  const cure = canResume(folder) ? 'add --resume to continue it' : 'remove it, for it ended before its first checkpoint'
  throw new UsageError(`${folder} already contains a run; choose another --out, or ${cure}`)
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
