/** `train --repeat RUN`: trains a run again from its record, and compares the two records. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RunEvent } from '../protocol/run-events.ts'
import type { RunParent } from '../protocol/run-record.ts'
import { logName } from '../runs/format/log.ts'
import { openRunReader, type RunReader } from '../runs/format/reader.ts'
import {
  endingAt,
  RepeatError,
  type RepeatedRecord,
  repeatedRecord,
  type Segment,
  segmentText,
} from '../runs/repeat.ts'
import { type Comparison, compareRecords } from '../runs/same-run.ts'
import { UsageError } from './arguments.ts'
import { lastEvent } from './read-run.ts'
import { infoOf } from './record-run.ts'
import { canResume, type Going, readGoing, requireNoRun } from './resume.ts'
import { readFolder } from './run-disk.ts'
import { say } from './terminal.ts'
import { type RunRequest, trainInto } from './train-run.ts'

/** What the caller gives for every part of the run. */
type Given = Omit<RunRequest, 'config' | 'info' | 'going' | 'controls' | 'until' | 'kernels' | 'repeated'> & {
  /** Where the images are now. */
  readonly data: string | undefined
}

const parentOf = ({ info, start }: RunReader): RunParent => ({
  kind: 'repeat',
  id: info?.id ?? '',
  name: info?.name ?? start.config.name,
  step: 0,
  epoch: 0,
  momentum: 'kept',
})

/** The record of a run to repeat. Rejects with UsageError where it cannot be repeated. */
export async function readRepeated(parent: RunReader): Promise<RepeatedRecord> {
  try {
    return await repeatedRecord(parent.events())
  } catch (error) {
    throw error instanceof RepeatError ? new UsageError(`${parent.name} cannot be repeated: ${error.message}`) : error
  }
}

/** The repetition in a folder that goes on; undefined for a new one. Rejects with UsageError for another run. */
async function repetitionIn(out: string, parent: RunReader): Promise<Going | undefined> {
  if (!existsSync(join(out, logName))) return undefined
  const going = await readGoing(readFolder(out), out)
  const own = going.info?.parent
  const { id, name } = parentOf(parent)
  if (own?.kind !== 'repeat' || own.id !== id || own.name !== name) requireNoRun(out)
  if (!canResume(out)) throw new UsageError(`${out} ended before its first checkpoint; remove it`)
  return going
}

/** The step of the newest state in a folder; −1 without one. */
async function stateIn(out: string): Promise<number> {
  if (!canResume(out)) return -1
  return (await (await openRunReader(readFolder(out), out)).points()).at(-1)?.step ?? -1
}

interface Part {
  readonly segment: Segment
  /** Undefined where the part ends by itself. */
  readonly until: number | undefined
}

/** The parts that are left to train behind a state. */
function partsBehind({ segments, ended, step: last }: RepeatedRecord, step: number): Part[] {
  const parts = segments.map((segment, i) => ({
    segment,
    until: segments[i + 1]?.fromStep ?? (ended ? undefined : last),
  }))
  return parts.filter(({ until }) => until === undefined || until > step)
}

const configOf = ({ segment: { config }, until }: Part, data: string | undefined) => {
  const placed = data === undefined ? config : { ...config, data: { ...config.data, source: data } }
  return until === undefined ? placed : endingAt(placed, until)
}

async function* trainPart(
  part: Part,
  given: Given,
  parent: RunReader,
  record: RepeatedRecord,
): AsyncGenerator<RunEvent> {
  const { out, data, ...rest } = given
  const { until, segment } = part
  const request = { ...rest, out, config: configOf(part, data), repeated: record.start }
  const step = await stateIn(out)
  const limit = until === undefined ? {} : { until }
  if (step < 0) {
    const info = infoOf(`${parentOf(parent).name} again`, parentOf(parent))
    yield* trainInto({ ...request, ...limit, info, controls: record.controls })
    return
  }
  const going = await readGoing(readFolder(out), out)
  const withoutMomentum = segment.momentum === 'zero' && segment.fromStep === step
  const { initial: _, ...resumed } = request
  yield* trainInto({ ...resumed, ...limit, going, withoutMomentum })
}

/** Whether the repetition ended by itself where its run did. */
async function hasEnded(out: string, { step }: RepeatedRecord): Promise<boolean> {
  const last = await lastEvent(readFolder(out), out)
  return last?.type === 'end' && last.step === step && ['finished', 'diverged'].includes(last.reason)
}

/** Trains what the folder lacks. The same command goes on where it was stopped. */
export async function* trainAgain(parent: RunReader, record: RepeatedRecord, given: Given): AsyncGenerator<RunEvent> {
  const going = await repetitionIn(given.out, parent)
  const step = await stateIn(given.out)
  if (record.ended && going && (await hasEnded(given.out, record))) return
  if (going) say(`Goes on from step ${step} of an earlier repetition`)
  let before: Segment | null = null
  for (const part of partsBehind(record, step)) {
    if (before) say(`From step ${part.segment.fromStep}: ${segmentText(before, part.segment) || 'zero momentum'}`)
    before = part.segment
    yield* trainPart(part, given, parent, record)
    if (given.signal.aborted) return
  }
}

export interface Repetition extends Comparison {
  readonly identical: boolean
}

/** Compares the record of a run with that of its repetition, which may go on where an interrupted run ended. */
export async function compareRepetition(
  parent: RunReader,
  { ended }: RepeatedRecord,
  out: string,
): Promise<Repetition> {
  const again = await openRunReader(readFolder(resolve(out)), out)
  const { same, difference } = await compareRecords(parent, again)
  const isMore = !ended && difference?.field === null && difference.first === undefined
  return { same, difference: isMore ? null : difference, identical: isMore || difference === null }
}
