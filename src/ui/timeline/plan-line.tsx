/** The time line before a run: one row, on which the schedule of α is drawn. */
import { Button } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import { scheduleKey } from '../../store/schedule-edits.ts'
import { configNow, isActive } from '../../store/status.ts'
import { PlotArea } from '../plot/plot-area.tsx'
import { AlphaTrack } from '../regularizer/alpha-track.tsx'
import { ScheduleButtons } from '../regularizer/schedule-buttons.tsx'
import { EpochAxis } from './epoch-axis.tsx'

export function PlanLine() {
  const { schedule } = useLab((state) => configNow(state).regularizer)
  const epochs = useLab((state) => configNow(state).train.epochs)
  const error = useLab(({ fieldErrors }) => fieldErrors[scheduleKey])
  const active = useLab(({ run }) => isActive(run.status))
  const isLocked = active || error !== undefined
  return (
    <div className="time-row">
      <div className="time-side">
        <h2>α over the epochs</h2>
        <ScheduleButtons schedule={schedule} epochs={epochs} isLocked={isLocked} />
      </div>
      <div className="time-plan">
        <AlphaTrack
          schedule={schedule}
          epochs={epochs}
          isLocked={isLocked}
          hint="Drag here to plan when the regularizer acts."
        />
        <PlotArea height={16}>{(width) => <EpochAxis epochs={epochs} width={width} />}</PlotArea>
        {error !== undefined && (
          <p className="field-error">
            {error}{' '}
            <Button className="button quiet-button" onPress={() => lab.revertField(scheduleKey)}>
              Discard these numbers
            </Button>
          </p>
        )}
      </div>
    </div>
  )
}
