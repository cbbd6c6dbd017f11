/** The progress of measuring a checkpoint. */
import type { CheckpointName } from '../protocol/measurement.ts'
import { progress } from './terminal.ts'

/** Shows the share of a checkpoint's measurement that is done, between 0 and 1. */
export function checkpointProgress({ file }: CheckpointName): (share: number) => void {
  const shown = progress({ label: `Measuring ${file}` })
  return (share) => shown(share, 1)
}
