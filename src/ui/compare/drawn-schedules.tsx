/** Schedules of α that the user drew in the training form and added to a plan as arms. */
import { Button } from 'react-aria-components'
import type { Schedule } from '../../store/experiments/first-draft.ts'
import { experiments } from '../../store/experiments/page.ts'
import { drawnBlocker } from '../../store/experiments/plan-draft.ts'
import { useLab } from '../../store/lab.ts'
import { scheduleText } from './schedule-text.ts'

export function DrawnSchedules({ windows }: { readonly windows: readonly Schedule[] }) {
  const schedule = useLab(({ config }) => config.regularizer.schedule)
  const blocker = drawnBlocker(windows, schedule)
  return (
    <div className="drawn-schedules">
      {windows.length > 0 && (
        <ul className="drawn-list" aria-label="Drawn schedules">
          {windows.map((own, i) => (
            <li key={JSON.stringify(own)}>
              <span>
                <b>drawn-{i + 1}</b> {scheduleText(own)}
              </span>
              <Button
                className="button icon-button"
                aria-label={`Remove drawn-${i + 1}`}
                onPress={() => experiments.setDraft({ windows: windows.filter((other) => other !== own) })}
              >
                ×
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Button
        className="button quiet-button"
        isDisabled={blocker !== null}
        onPress={() => experiments.setDraft({ windows: [...windows, schedule] })}
      >
        Add the drawn schedule
      </Button>
      <p className="quiet">{blocker ?? `It becomes an arm: ${scheduleText(schedule)}.`}</p>
    </div>
  )
}
