/** The progress of a measurement, with buttons to cancel and to resume it. */
import { Button, ProgressBar } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import type { MeasuringState } from '../../store/state.ts'
import { measuringText } from '../measuring-text.ts'

interface Props {
  /** Nothing can be measured now, for instance because a run trains. */
  readonly isBlocked: boolean
}

export function MeasuringProgress({ isBlocked }: Props) {
  const { current, unfinished, note } = useLab((state) => state.measuring)
  if (current) return <Progress current={current} />
  if (!note || note.kind === 'profile') return null
  return (
    <div className="measuring">
      <p className="note" role="status">
        {note.text}
      </p>
      {unfinished && (
        <Button className="button quiet-button" isDisabled={isBlocked} onPress={lab.resumeMeasure}>
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
