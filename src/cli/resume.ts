/** Reads a run folder's log and the state from which an interrupted run resumes. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { TensorFile } from '../model/safetensors.ts'
import type { RecordedEvent } from '../protocol/run-events.ts'
import type { Resume } from '../train/options.ts'
import { parseTensors, readInput, UsageError } from './arguments.ts'
import { damageText, eventsPath, readEventLog } from './read-events.ts'
import { momentumPath } from './run-folder.ts'
import { say } from './terminal.ts'

/** Whether a folder has a checkpoint with momentum, from which its run can resume. */
export const canResume = (folder: string): boolean => existsSync(momentumPath(folder))

interface Checkpoint {
  readonly file: string
  readonly step: number
  readonly bytes: number
}

/** The log up to a checkpoint, and whether it has the evaluation and the probe of that step. */
interface Cut {
  readonly events: RecordedEvent[]
  readonly measured: boolean
}

/**
 * Cuts a log behind a checkpoint. A run that was interrupted between saving the checkpoint and recording that lacks the
 * checkpoint's event, which is added; one that was stopped before the evaluation or the probe ended is cut behind the
 * checkpoint's step. Returns null when the log does not reach the checkpoint.
 */
function cutAt(events: readonly RecordedEvent[], { file, step, bytes }: Checkpoint): Cut | null {
  const lastOf = (type: RecordedEvent['type']) =>
    events.findLastIndex((event) => event.type === type && 'step' in event && event.step === step)
  const [evaluation, probe] = [lastOf('evaluation'), lastOf('probe')]
  if (evaluation < 0 || probe < 0) {
    const taken = lastOf('step')
    return taken < 0 ? null : { events: events.slice(0, taken + 1), measured: false }
  }
  const saved = events.findLastIndex((event) => event.type === 'checkpoint' && event.file === file)
  if (saved >= 0) return { events: events.slice(0, Math.max(saved, evaluation, probe) + 1), measured: true }
  const saving = events.findLastIndex(
    (event) => event.type === 'activity' && event.activity === 'saving' && event.step === step,
  )
  const before = events.slice(0, Math.max(evaluation, probe, saving) + 1)
  const { epoch } = events[probe] as Extract<RecordedEvent, { type: 'probe' }>
  const time = before[before.length - 1].time
  return { events: [...before, { type: 'checkpoint', step, epoch, file, bytes, time }], measured: true }
}

/** The step and the checkpoint that momentum belongs to. Throws UsageError. */
function momentumOf(path: string): { velocity: TensorFile; step: number; file: string } {
  const velocity = parseTensors(readInput(path, 'momentum'), path, 'momentum')
  const step = Number(velocity.metadata.step ?? Number.NaN)
  const file = velocity.metadata.checkpoint ?? ''
  if (!Number.isInteger(step) || step < 0 || file === '' || basename(file) !== file) {
    throw new UsageError(`cannot use the momentum of ${path}: it does not name its step and its checkpoint`)
  }
  return { velocity, step, file }
}

/** The log up to a checkpoint. Throws UsageError where it does not reach it. */
function logUpTo(folder: string, checkpoint: Checkpoint): Cut {
  const path = eventsPath(folder)
  const { events, damage } = readEventLog(path)
  const { file, step } = checkpoint
  const cut = cutAt(events, checkpoint)
  if (cut) {
    if (damage) say(`Warning: ${damageText(path, damage)}; the run goes on from ${file}, which comes before it`)
    return cut
  }
  if (damage) {
    throw new UsageError(
      `${damageText(path, damage)}, and ${file} comes after it; delete that line to go on without it, or train into a new folder`,
    )
  }
  throw new UsageError(`events.jsonl of ${folder} ends before step ${step} of ${file}; train into a new folder`)
}

/** The epoch at the end of a log up to a checkpoint. */
const epochOf = (events: readonly RecordedEvent[], { step }: Checkpoint): number => {
  const last = events.findLast((event) => 'step' in event && event.step === step)
  return Math.round((last as Extract<RecordedEvent, { type: 'step' }>).epoch)
}

/**
 * The newest checkpoint with momentum, and the events up to it, which the resumed run's log begins with. Throws
 * UsageError when there is no such checkpoint or the log does not reach it.
 */
export function readResume(folder: string): { resume: Resume; recorded: RecordedEvent[] } {
  if (!canResume(folder)) throw new UsageError(`${folder} has no checkpoint to resume from; train into a new folder`)
  const { velocity, step, file } = momentumOf(momentumPath(folder))
  const path = join(folder, 'checkpoints', file)
  const bytes = readInput(path, 'checkpoint')
  const checkpoint = { file, step, bytes: bytes.length }
  const { events, measured } = logUpTo(folder, checkpoint)
  if (!events.some(({ type }) => type === 'start')) {
    throw new UsageError(`events.jsonl of ${folder} has no start event; train into a new folder`)
  }
  const weights = parseTensors(bytes, path, 'checkpoint')
  return { resume: { weights, velocity, step, epoch: epochOf(events, checkpoint), measured }, recorded: events }
}
