/** The probe of a run at a moment. A moment is a step; null means the newest probe, which the views then follow. */
import type { Run } from './reduce.ts'

type Probed = Pick<Run, 'probes'>

/** The index of the last probe at or before `moment`, else 0. The newest for null. */
export function columnAt({ probes }: Probed, moment: number | null): number {
  if (moment === null) return probes.length - 1
  return Math.max(
    0,
    probes.findLastIndex(({ step }) => step <= moment),
  )
}

/** The index of the probe nearest to a step; −1 without probes. */
export const nearestColumn = ({ probes }: Probed, step: number): number =>
  probes.reduce(
    (best, probe, i) => (best < 0 || Math.abs(probe.step - step) < Math.abs(probes[best].step - step) ? i : best),
    -1,
  )

/** The moment at which the views show a probe, by its index; indices out of range mean the first or the newest one. */
export const momentOfColumn = ({ probes }: Probed, column: number): number | null =>
  column >= probes.length - 1 ? null : probes[Math.max(0, column)].step
