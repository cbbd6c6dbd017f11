/** The regularizer strength α of a schedule. */
import type { Window } from './fields.ts'

/**
 * α at an epoch: that of the window [fromEpoch, toEpoch) around it, or 0 outside all windows. `tolerance`, in epochs, absorbs
 * the rounding of `epoch` at the edges of a window.
 */
export const alphaAt = (windows: readonly Window[], epoch: number, tolerance = 1e-9): number =>
  windows.find(({ fromEpoch, toEpoch }) => epoch >= fromEpoch - tolerance && epoch < toEpoch - tolerance)?.alpha ?? 0
