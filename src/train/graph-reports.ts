/** Reports on the run's compiled graphs, sent when they change. */
import type { RunEvent } from '../protocol/run-events.ts'
import { momentNow, type TrainingState } from './state.ts'

/**
 * Yields each graph's report after its first execution and again once its JavaScript time is known, and a warning for a
 * graph that could not be compiled.
 */
export function* newGraphReports(state: TrainingState): Generator<RunEvent> {
  const { executor, reportedGraphs: reported } = state
  const moment = momentNow(state)
  for (const graph of executor.reports()) {
    const { name, refusal, dispatches, plannedBytes, scriptMilliseconds } = graph
    const key = JSON.stringify([name, dispatches, plannedBytes, refusal])
    const timedKey = `${key} timed`
    const isTimed = scriptMilliseconds !== null
    if (reported.has(timedKey) || (reported.has(key) && !isTimed)) continue
    if (refusal && !reported.has(key)) {
      yield { type: 'warning', ...moment, message: `The ${name} graph runs uncompiled, which is slower: ${refusal}` }
    }
    reported.add(key)
    if (isTimed) reported.add(timedKey)
    yield { type: 'graph', ...moment, graph }
  }
}
