/** How far a measurement is, and the ways out of it and back into it. */
import { Button, ProgressBar } from 'react-aria-components'
import type { Measurement } from '../../protocol/measurement.ts'
import { lab, useLab } from '../../store/lab.ts'
import type { MeasuringState } from '../../store/state.ts'
import { duration } from '../format.ts'

const names: Readonly<Record<Measurement['kind'], string>> = {
  curves: 'Ablation',
  effects: 'Single units',
  linearity: 'Linearity',
  indices: 'Other indices',
  profile: 'Units',
}

/** "Ablation: checkpoint 2 of 3, 41 %, 12 s left" */
export function measuringText({ measurement, done, total, left }: NonNullable<MeasuringState['current']>): string {
  const at = total > 1 ? `checkpoint ${Math.min(total, Math.floor(done) + 1)} of ${total}, ` : ''
  const share = total > 0 ? Math.floor((100 * done) / total) : 0
  const rest = left === null ? '' : `, ${duration(left)} left`
  return `${names[measurement.kind]}: ${at}${share} %${rest}`
}

export function MeasuringProgress() {
  const { current, unfinished, note } = useLab((state) => state.measuring)
  if (current) return <Progress current={current} />
  if (!note || note.kind === 'profile') return null
  return (
    <div className="measuring">
      <p className="note" role="status">
        {note.text}
      </p>
      {unfinished && (
        <Button className="button quiet-button" onPress={lab.resumeMeasure}>
          Resume measuring
        </Button>
      )}
    </div>
  )
}

function Progress({ current }: { readonly current: NonNullable<MeasuringState['current']> }) {
  const { done, total, cancelling } = current
  const text = measuringText(current)
  const percent = total > 0 ? (100 * done) / total : 0
  return (
    <div className="measuring">
      <p className="quiet">{text}</p>
      <ProgressBar aria-label="Measuring" value={percent} valueLabel={text}>
        <span className="bar">
          <span className="bar-fill" style={{ width: `${percent}%` }} />
        </span>
      </ProgressBar>
      <Button className="button quiet-button" isDisabled={cancelling} onPress={lab.cancelMeasure}>
        {cancelling ? 'Cancelling…' : 'Cancel measuring'}
      </Button>
    </div>
  )
}
