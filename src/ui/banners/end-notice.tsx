/** Says why the run ended, and what to do next. */
import type { EndEvent } from '../../protocol/run-events.ts'
import { useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import { endText } from '../end-text.ts'
import { count } from '../format.ts'

/** Reasons that are not failures. */
const calm: ReadonlySet<EndEvent['reason']> = new Set(['finished', 'stopped'])

export function EndNotice() {
  const end = useLab(({ run }) => run.end)
  const { current: run } = useRun()
  if (!end) return null
  const failed = !calm.has(end.reason)
  const checkpoint = run?.checkpoints.at(-1)
  return (
    <section
      className={failed ? 'notice danger' : 'notice'}
      aria-label="End of the run"
      role={failed ? 'alert' : undefined}
    >
      <h2>
        {endText[end.reason]} at epoch {end.epoch.toFixed(2)}, step {count(end.step)}
      </h2>
      <p>{end.message}</p>
      {end.advice && <p>{end.advice}</p>}
      <p className="quiet">
        The page still has everything that the run recorded
        {checkpoint && `, including checkpoints up to epoch ${checkpoint.epoch.toFixed(2)}`}.{' '}
        <a href="#step-export">Export the run</a>.
      </p>
    </section>
  )
}
