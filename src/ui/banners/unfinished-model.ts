/** The runs of this browser that somebody could go on with, as the notices at the top tell them. */
import type { LibraryRun } from '../../store/experiments/state.ts'
import { count, plural } from '../format.ts'

/** A run that was interrupted, or failed in a way that resuming may cure. */
const isUnfinished = ({ state, stored, info }: LibraryRun): boolean =>
  stored &&
  info.origin === 'trained' &&
  (state === 'interrupted' || state === 'device-lost' || state === 'out-of-memory' || state === 'error')

/** Interrupted runs, the newest first; without `hidden` ones, and without the one that the page shows anyway. */
export const unfinishedRuns = (
  runs: readonly LibraryRun[],
  hidden: ReadonlySet<string>,
  shown: string | null,
): LibraryRun[] => runs.filter((run) => isUnfinished(run) && !hidden.has(run.id) && run.id !== shown).reverse()

/** Runs that another tab trains, the newest first. `own`: the run of this page. */
export const runsElsewhere = (runs: readonly LibraryRun[], own: string | null): LibraryRun[] =>
  runs.filter(({ id, state }) => state === 'training' && id !== own).reverse()

/** Where a run stopped: `epoch 2.31 of 10, step 1,234`. */
export const placeText = ({ facts: { epoch, step }, record }: LibraryRun): string =>
  `epoch ${epoch.toFixed(2)} of ${record.config.train.epochs}, step ${count(step)}`

/** What resuming would lose, as a sentence. */
export function lossText({ facts: { step, points } }: LibraryRun): string {
  const point = points.at(-1)
  if (!point) return 'No state was saved, so it cannot be resumed.'
  const lost = step - point.step
  if (lost <= 0) return 'Resuming loses nothing.'
  return `Resuming takes ${plural(lost, 'step')} again, from epoch ${point.epoch.toFixed(2)}, to the same values.`
}
