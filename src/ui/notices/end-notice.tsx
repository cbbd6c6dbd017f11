/** How the run ended. */
import type { EndEvent } from '../../protocol/run-events.ts'
import { useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import { endText } from '../end-text.ts'
import { count } from '../format.ts'

/** Ends that are no failure. */
const calm: ReadonlySet<EndEvent['reason']> = new Set(['finished', 'stopped'])

export function EndNotice() {
  const end = useLab(({ run }) => run.end)
  const { run } = useRun()
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
        Everything recorded is still here
        {checkpoint && `, with weights up to epoch ${checkpoint.epoch.toFixed(2)}`}.{' '}
        <a href="#step-export">Export it</a>.
      </p>
    </section>
  )
}
