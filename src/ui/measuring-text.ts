/** The progress of a measurement as text. */
import type { Measurement } from '../protocol/measurement.ts'
import type { MeasuringState } from '../store/state.ts'
import { duration } from './format.ts'

const names: Readonly<Record<Measurement['kind'], string>> = {
  curves: 'Ablation curves',
  effects: 'Single units',
  linearity: 'Linearity',
  indices: 'Other indices',
  profile: 'Units',
}

/** "Ablation curves: checkpoint 2 of 3, 41 %, 12 s left" */
export function measuringText({ measurement, done, total, left }: NonNullable<MeasuringState['current']>): string {
  const at = total > 1 ? `checkpoint ${Math.min(total, Math.floor(done) + 1)} of ${total}, ` : ''
  const share = total > 0 ? Math.floor((100 * done) / total) : 0
  const rest = left === null ? '' : `, ${duration(left)} left`
  return `${names[measurement.kind]}: ${at}${share} %${rest}`
}
