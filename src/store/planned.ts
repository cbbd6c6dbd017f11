/** What the schedule of the regularizer says. */
import type { Window } from '../config/fields.ts'

/** α of the schedule at an epoch: that of the window [from, to) around it, 0 outside all windows. */
export const plannedAlpha = (schedule: readonly Window[], epoch: number): number =>
  schedule.find(({ fromEpoch, toEpoch }) => epoch >= fromEpoch && epoch < toEpoch)?.alpha ?? 0
