/** The time of a step, an evaluation, a probe and a checkpoint, from the events of a run. */
import { median } from 'd3-array'
import type { RunConfig } from '../../config/config.ts'
import { type Costs, costKey } from '../../experiments/estimate.ts'
import type { LoggedEvent } from '../../protocol/run-events.ts'
import { lineOf } from '../../runs/format/log.ts'
import { recordBytes } from '../../runs/format/units.ts'
import type { Run } from '../../runs/reduce.ts'
import type { Series } from '../series.ts'
import { trialName } from './trial-name.ts'

/** Number of steps that such a run takes; the first ones compile. */
export const trialSteps = 8

const seconds = (from: LoggedEvent, to: LoggedEvent) => Math.max(0, to.time - from.time) / 1000

/** A run has the newest of its costs; those of a long run are not read again as a whole. */
const newest = 1000

/** Median seconds between two consecutive steps of the newest events; without the first two where there are enough. */
function stepSeconds(events: readonly LoggedEvent[]): number | undefined {
  const shown = events.slice(-newest).filter(({ type }) => type !== 'graph')
  const between = shown.flatMap((event, i) => {
    const before = shown[i - 1]
    return event.type === 'step' && before?.type === 'step' ? [seconds(before, event)] : []
  })
  return median(between.length > 4 && events.length <= newest ? between.slice(2) : between)
}

/** Seconds from the newest start of an activity to the event that ends it; NaN without one. */
function activitySeconds(events: readonly LoggedEvent[], activity: string, type: LoggedEvent['type']): number {
  const ended = events.findLastIndex((event) => event.type === type)
  const began = events.findLast((event, i) => i < ended && event.type === 'activity' && event.activity === activity)
  return began && ended >= 0 ? seconds(began, events[ended]) : Number.NaN
}

/** Bytes of the newest event of a type in events.jsonl. */
function bytesOf(events: readonly LoggedEvent[], type: LoggedEvent['type']): number {
  const one = events.findLast((event) => event.type === type)
  return one ? new TextEncoder().encode(lineOf(one)).length : 0
}

/** The costs of a run's parts; null until it has an evaluation, a probe and enough steps. */
export function costsOfRun({ start, events, checkpoints }: Run): Costs | null {
  const step = stepSeconds(events)
  const evaluation = activitySeconds(events, 'evaluating', 'evaluation')
  const probe = activitySeconds(events, 'probing', 'probe')
  if (!start || step === undefined || !Number.isFinite(evaluation + probe)) return null
  const saving = activitySeconds(events, 'saving', 'checkpoint')
  const first = events.find(({ type }) => type === 'step')
  const checkpoint = Number.isFinite(saving) ? saving : 0
  return {
    stepsPerEpoch: start.stepsPerEpoch,
    start: { seconds: Math.max(0, (first?.time ?? 0) / 1000 - evaluation - probe - checkpoint) },
    step: { seconds: step, bytes: bytesOf(events, 'step') },
    evaluation: { seconds: evaluation, bytes: bytesOf(events, 'evaluation') },
    // A new run keeps the units of its probes also where this one has not kept them.
    probe: { seconds: probe, bytes: bytesOf(events, 'probe') + recordBytes(start.sites) },
    checkpoint: { seconds: checkpoint, bytes: checkpoints.at(-1)?.bytes ?? 0 },
  }
}

export interface KnownCosts {
  readonly costs: Costs
  /** The source of the costs, which completes the sentence "as …". */
  readonly source: string
}

/** The costs of a configuration's runs, from the runs of this page; null without a similar run. */
export function costsOnPage({ current, earlier }: Pick<Series, 'current' | 'earlier'>, config: RunConfig) {
  const newest = current()
  return knownCosts([...earlier(), ...(newest ? [newest] : [])], config)
}

/** The costs of the newest run that does the same work as a configuration; null without one. */
export function knownCosts(runs: readonly Run[], config: RunConfig): KnownCosts | null {
  const key = costKey(config)
  for (const run of runs.toReversed()) {
    if (!run.start || costKey(run.start.config) !== key) continue
    const costs = costsOfRun(run)
    const { name } = run.start.config
    const source = name === trialName ? `timed on ${trialSteps} steps of it` : `recorded in the run ${name}`
    if (costs) return { costs, source }
  }
  return null
}
