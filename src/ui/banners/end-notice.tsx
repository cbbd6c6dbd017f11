/** Says why the run ended, and what to do next. */
import type { EndEvent } from '../../protocol/run-events.ts'
import { useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import { endText } from '../end-text.ts'
import { count } from '../format.ts'
import { StepLink } from '../rail/step-link.tsx'
import { GoOn } from './go-on.tsx'

/** Reasons that are not failures. */
const calm: ReadonlySet<EndEvent['reason']> = new Set(['finished', 'stopped'])

export function EndNotice() {
  const end = useLab(({ run }) => run.end)
  const interrupted = useLab(({ run }) => run.status === 'interrupted')
  if (end) return <Ended end={end} />
  return interrupted ? <Interrupted /> : null
}

/** A stored run that has no end. */
function Interrupted() {
  const { step, epoch } = useLab(({ run }) => run.moment)
  const point = useLab(({ run }) => run.point)
  const lost =
    point < 0
      ? ''
      : step > point
        ? ` Resuming takes the steps from ${count(point)} on again, to the same values.`
        : ' Resuming loses nothing.'
  return (
    <section className="notice warning" aria-label="Interrupted run">
      <h2>
        Interrupted at epoch {epoch.toFixed(2)}, step {count(step)}
      </h2>
      <p>The page was closed or its training stopped before the run had ended.{lost}</p>
      <GoOn end={null} />
    </section>
  )
}

function Ended({ end }: { readonly end: EndEvent }) {
  const { current: run } = useRun()
  const stored = useLab(({ run, notStored }) => run.point >= 0 && notStored === null)
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
        {stored ? 'This browser keeps' : 'Until it is closed, the page keeps'} everything that the run recorded
        {checkpoint && `, including checkpoints up to epoch ${checkpoint.epoch.toFixed(2)}`}.{' '}
        <StepLink step="export">Export the run</StepLink>.
      </p>
      <GoOn end={end.reason} />
    </section>
  )
}
