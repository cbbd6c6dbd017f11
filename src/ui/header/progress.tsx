import { ProgressBar } from 'react-aria-components'
import { useLab } from '../../store/lab.ts'
import { useSeries } from '../../store/series.ts'
import { configNow } from '../../store/status.ts'
import { count } from '../format.ts'

/** The run's epoch and step, and the progress bar. */
export function Progress() {
  const start = useSeries(({ current }) => current?.start)
  const { step, epoch } = useLab((state) => state.run.moment)
  const planned = useLab((state) => configNow(state).train.epochs)
  const epochs = start?.config.train.epochs ?? planned
  const total = start?.totalSteps ?? 0
  const text = `epoch ${epoch.toFixed(2)} of ${epochs}, step ${count(step)}${total ? ` of ${count(total)}` : ''}`
  const percent = total > 0 ? (100 * step) / total : 0
  return (
    <ProgressBar className="progress" aria-label="Training progress" value={percent} valueLabel={text}>
      <span className="progress-text" aria-hidden="true">
        <span>
          Epoch <b>{epoch.toFixed(2)}</b> / {epochs}
        </span>
        <span className="progress-step">
          Step <b>{count(step)}</b>
          {total > 0 && <span className="total"> / {count(total)}</span>}
        </span>
      </span>
      <span className="bar">
        <span className="bar-fill" style={{ transform: `scaleX(${percent / 100})` }} />
      </span>
    </ProgressBar>
  )
}
