/** Progress lines of measurements. */
import { secondsLeft } from '../analysis/time-left.ts'
import type { CheckpointName } from '../protocol/measurement.ts'
import { occasionally } from './terminal.ts'

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`

/** Reports, at most every two seconds, how much of a checkpoint is measured and how long the rest will take. */
export function checkpointProgress({ file }: CheckpointName): (share: number) => void {
  const report = occasionally(2000)
  const began = Date.now()
  return (share) =>
    report(() => {
      const left = secondsLeft((Date.now() - began) / 1000, share)
      return `${file}: ${(100 * share).toFixed(0)} % measured${left === null ? '' : `, ${duration(left)} left`}`
    })
}
