/** What a run's record says about how to train it again. */
import { getField, parseConfig, type RunConfig } from '../config/config.ts'
import { changedKeys } from '../config/fork.ts'
import type { LoggedEvent, StartEvent } from '../protocol/run-events.ts'
import type { RecordedControl } from '../protocol/run-record.ts'
import { dataChangeText } from './data-change.ts'

/** A part of a run with one configuration. */
export interface Segment {
  readonly config: RunConfig
  /** Steps taken before it. */
  readonly fromStep: number
  /** Whether it began with the momentum of the part before it. */
  readonly momentum: 'kept' | 'zero'
}

export interface RepeatedRecord {
  readonly start: StartEvent
  /** At least one; the parts of a fork and of a run with epochs added later. */
  readonly segments: readonly Segment[]
  /** α and whether the user held it, for every step. */
  readonly controls: readonly RecordedControl[]
  /** The newest step; 0 without one. */
  readonly step: number
  /** Whether the run ended by itself: it trained all that its configuration asks for, or diverged. */
  readonly ended: boolean
}

/** Fields that no result depends on. */
const idle = /^(name|data\.source|train\.(memoryBudget|recompute)|checkpoint\.(momentum|resume.*))$/

const isSame = (before: RunConfig, after: RunConfig) => changedKeys(before, after).every((key) => idle.test(key))

/** Adds the part that a start begins; nothing was trained between two starts at the same step. */
function withStart(segments: readonly Segment[], start: StartEvent): Segment[] {
  const config = parseConfig(start.config)
  const before = segments.filter(({ fromStep }) => fromStep < start.fromStep)
  const last = before.at(-1)
  const momentum = last && start.parent?.kind === 'fork' ? start.parent.momentum : 'kept'
  if (last && isSame(last.config, config) && momentum === 'kept') return before
  return [...before, { config, fromStep: last ? start.fromStep : 0, momentum }]
}

/** Thrown for a record that does not tell how to train its run again; the message is a sentence. */
export class RepeatError extends Error {
  override name = 'RepeatError'
}

/** Reads a record. Rejects with RepeatError for a run that cannot be repeated. */
export async function repeatedRecord(events: AsyncIterable<LoggedEvent>): Promise<RepeatedRecord> {
  let segments: Segment[] = []
  const controls: RecordedControl[] = []
  let [start, ended]: [StartEvent | null, boolean] = [null, false]
  for await (const event of events) {
    if (event.type === 'start') {
      start ??= event
      segments = withStart(segments, event)
    }
    if (event.type === 'step') controls.push({ step: event.step, held: event.held, alpha: event.alpha })
    if (event.type === 'data' && event.change === 'changed') throw new RepeatError(dataChangeText(event))
    ended = event.type === 'end' && ['finished', 'diverged'].includes(event.reason)
  }
  if (!start) throw new RepeatError('The record has no start event, so the run did not begin.')
  return { start, segments, controls, step: controls.at(-1)?.step ?? 0, ended }
}

/** The configuration of a part that ends after `step` steps: its state is saved there. No result depends on that. */
export const endingAt = (config: RunConfig, step: number): RunConfig =>
  step === 0 ? config : { ...config, checkpoint: { ...config.checkpoint, resumeSteps: step } }

/** The fields that differ between the parts of a run, with their values, as in `train.epochs = 6`. */
export const segmentText = (before: Segment, after: Segment): string =>
  changedKeys(before.config, after.config)
    .map((key) => `${key} = ${JSON.stringify(getField(after.config, key))}`)
    .join(', ')
