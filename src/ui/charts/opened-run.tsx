/** Says which stored run is being opened or shown, and what of it could not be read. */
import { Button } from 'react-aria-components'
import { parentOf } from '../../runs/lineage.ts'
import type { Run } from '../../runs/reduce.ts'
import { useExperiments } from '../../store/experiments/page.ts'
import { lab, useLab } from '../../store/lab.ts'
import { useRun, useSeries } from '../../store/series.ts'
import { isActive } from '../../store/status.ts'
import { plural } from '../format.ts'
import { ExampleNote } from '../tour/example-note.tsx'
import { exampleOfRun } from '../tour/examples.ts'

export function OpenedRun() {
  const stored = useSeries((snapshot) => snapshot.stored)
  const opening = useLab((state) => state.opening)
  const notes = useLab((state) => state.openingNotes)
  return (
    <>
      {opening !== null && <p className="notice quiet">Opening {opening}…</p>}
      {notes.length > 0 && (
        <section className="notice warning" role="alert" aria-label="Opening a run">
          {notes.slice(0, most).map((note) => (
            <p key={note}>{note}</p>
          ))}
          {notes.length > most && <p>{notes.length - most} more lines were left out.</p>}
          <Button className="button" onPress={lab.dismissOpeningNotes}>
            Dismiss
          </Button>
        </section>
      )}
      {stored && <Stored />}
    </>
  )
}

/** Problems that are shown: a damaged log may have thousands. */
const most = 5

/** Names a shown run that was opened, and leads back to one that trains meanwhile. */
function Stored() {
  const { run, current } = useRun()
  const training = useLab((state) => isActive(state.run.status))
  const example = useExperiments((state) => exampleOfRun(state, run?.id ?? ''))
  if (!run?.start) return null
  const beside = run.id !== current?.id
  if (training && !beside) return null
  if (example) return <ExampleNote run={run} example={example} />
  if (!beside)
    return (
      <section className="stored-line" aria-label="Stored run">
        <h2 className="ellipsis">{nameOf(run)}</h2>
        <p className="quiet">{storyOf(run)}</p>
      </section>
    )
  return (
    <section className="notice" aria-label="Stored run">
      <h2>{nameOf(run)}</h2>
      <p>
        You look at a stored run. {current ? nameOf(current) : 'Another run'} trains meanwhile; the header shows its
        progress.
      </p>
      <Button className="button" onPress={lab.closeRun}>
        Back to the run that trains
      </Button>
    </section>
  )
}

const nameOf = ({ name, start }: Run) => name ?? start?.config.name ?? 'A new run'

/** What the run has, and where it comes from. */
function storyOf(run: Run): string {
  const parent = parentOf(run)
  const from = !parent
    ? ''
    : parent.kind === 'fork'
      ? ` It forked from ${parent.name} at epoch ${parent.epoch.toFixed(2)}.`
      : ` It repeats ${parent.name}.`
  return `A stored run with ${plural(run.steps.length, 'step')}, ${plural(run.probes.length, 'probe')} and ${plural(run.checkpoints.length, 'checkpoint')}.${from}`
}
