/** α by the regularizer's schedule. */
import type { Window } from '../config/fields.ts'

/** α at an epoch: the α of the window [from, to) that contains the epoch, 0 outside all windows. */
export const plannedAlpha = (schedule: readonly Window[], epoch: number): number =>
  schedule.find(({ fromEpoch, toEpoch }) => epoch >= fromEpoch && epoch < toEpoch)?.alpha ?? 0
