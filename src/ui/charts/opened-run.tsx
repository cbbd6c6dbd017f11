/** Says which stored run is being opened or shown, and what of it could not be read. */
import { Button } from 'react-aria-components'
import { lab, useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'

export function OpenedRun() {
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
      <Beside />
    </>
  )
}

/** Problems that are shown: a damaged log may have thousands. */
const most = 5

/** A stored run is shown while another one trains. */
function Beside() {
  const { run, current } = useRun()
  if (!run?.start || !current || run.id === current.id) return null
  return (
    <section className="notice" aria-label="Stored run">
      <p>
        You look at the stored run {run.start.config.name}. {current.start?.config.name ?? 'A new run'} goes on
        meanwhile; the header shows its progress.
      </p>
      <Button className="button" onPress={lab.closeRun}>
        Back to the run that trains
      </Button>
    </section>
  )
}
