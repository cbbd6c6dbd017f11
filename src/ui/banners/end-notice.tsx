/** Says why the run ended, and what to do next. */
import type { EndEvent } from '../../protocol/run-events.ts'
import { useExperiments } from '../../store/experiments/page.ts'
import { useLab } from '../../store/lab.ts'
import { useRun, useSeries } from '../../store/series.ts'
import { endText } from '../end-text.ts'
import { count } from '../format.ts'
import { StepLink } from '../rail/step-link.tsx'
import { GoOn } from './go-on.tsx'

/** Reasons that are not failures. */
const calm: ReadonlySet<EndEvent['reason']> = new Set(['finished', 'stopped'])

export function EndNotice() {
  const end = useLab(({ run }) => run.end)
  const interrupted = useLab(({ run }) => run.status === 'interrupted')
  const id = useLab(({ run }) => run.id)
  // Its own notice says where it comes from. It has no checkpoints, so it cannot go on.
  const isExample = useExperiments(({ exampleOf }) => id !== null && exampleOf.has(id))
  if (isExample) return null
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
  return calm.has(end.reason) ? <Calm end={end} /> : <Failed end={end} />
}

/** One line. A finished run of the list needs none: the header and the charts say it all. */
function Calm({ end }: { readonly end: EndEvent }) {
  const stored = useSeries((snapshot) => snapshot.stored)
  const point = useLab(({ run }) => run.point)
  if (stored && point < 0) return null
  return (
    <section className="notice slim" aria-label="End of the run">
      <p>
        <b>{end.message}</b> <Kept />
      </p>
      <GoOn end={end.reason} />
    </section>
  )
}

function Failed({ end }: { readonly end: EndEvent }) {
  return (
    <section className="notice danger" aria-label="End of the run" role="alert">
      <h2>
        {endText[end.reason]} at epoch {end.epoch.toFixed(2)}, step {count(end.step)}
      </h2>
      <p>{end.message}</p>
      {end.advice && <p>{end.advice}</p>}
      <p>
        <Kept />
      </p>
      <GoOn end={end.reason} />
    </section>
  )
}

/** Where the run is kept, and until which checkpoint. */
function Kept() {
  const { current: run } = useRun()
  const kept = useLab(({ run: { point }, notStored }) => point >= 0 && notStored === null)
  const checkpoint = run?.checkpoints.at(-1)
  return (
    <span className="quiet">
      {kept ? 'This browser keeps the run' : 'The page keeps the run until you close it'}
      {checkpoint && `, with checkpoints up to epoch ${checkpoint.epoch.toFixed(2)}`}.{' '}
      <StepLink step="export">Export the run</StepLink>
    </span>
  )
}
