/** Reads a run folder's log and the state from which an interrupted run resumes. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RecordedEvent } from '../protocol/run-events.ts'
import type { Resume } from '../train/options.ts'
import { parseTensors, readInput, UsageError } from './arguments.ts'
import { momentumPath } from './run-folder.ts'

/** The events of an events.jsonl. Ignores an incomplete last line, which a crash may leave. Throws UsageError. */
export function readEvents(path: string): RecordedEvent[] {
  const lines = readInput(path, 'event log').toString('utf8').split('\n')
  return lines.flatMap((line, i) => {
    if (line === '') return []
    try {
      return [JSON.parse(line) as RecordedEvent]
    } catch {
      if (i === lines.length - 1) return []
      throw new UsageError(`line ${i + 1} of ${path} is not an event`)
    }
  })
}

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

/**
 * The newest checkpoint with momentum, and the events up to it, which the resumed run's log begins with. Throws
 * UsageError when there is no such checkpoint or the log does not reach it.
 */
export function readResume(folder: string): { resume: Resume; recorded: RecordedEvent[] } {
  if (!canResume(folder)) throw new UsageError(`${folder} has no checkpoint to resume from; train into a new folder`)
  const path = momentumPath(folder)
  const velocity = parseTensors(readInput(path, 'momentum'), path, 'momentum')
  const step = Number(velocity.metadata.step)
  const file = velocity.metadata.checkpoint
  const bytes = readInput(join(folder, 'checkpoints', file), 'checkpoint')
  const cut = cutAt(readEvents(join(folder, 'events.jsonl')), { file, step, bytes: bytes.length })
  if (!cut) {
    throw new UsageError(`events.jsonl of ${folder} ends before step ${step} of ${file}; train into a new folder`)
  }
  const weights = parseTensors(bytes, join(folder, 'checkpoints', file), 'checkpoint')
  return { resume: { weights, velocity, step, measured: cut.measured }, recorded: cut.events }
}
