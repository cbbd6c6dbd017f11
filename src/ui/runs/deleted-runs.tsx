/** Deleted runs: they can be restored for 30 days. */
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { More } from '../controls/more.tsx'
import { bytes, plural } from '../format.ts'

export function DeletedRuns() {
  const deleted = useExperiments((state) => state.deleted)
  if (deleted.length === 0) return null
  const size = deleted.reduce((sum, run) => sum + run.bytes, 0)
  const ids = deleted.map(({ id }) => id)
  return (
    <More title={`Deleted: ${plural(deleted.length, 'run')}, ${bytes(size)}`}>
      <p className="quiet">The page removes a deleted run for good after 30 days.</p>
      <ul className="run-list" aria-label="Deleted runs">
        {deleted.map(({ id, record, bytes: own }) => (
          <li key={id}>
            <span className="ellipsis">
              {record.name} <span className="quiet">{bytes(own)}</span>
            </span>
            <span className="button-row">
              <Button
                className="button quiet-button"
                aria-label={`Restore ${record.name}`}
                onPress={() => experiments.restoreRuns([id])}
              >
                Restore
              </Button>
              <Button
                className="button quiet-button"
                aria-label={`Remove ${record.name} for good`}
                onPress={() => experiments.purgeRuns([id])}
              >
                Remove
              </Button>
            </span>
          </li>
        ))}
      </ul>
      <Button className="button quiet-button" onPress={() => experiments.purgeRuns(ids)}>
        Remove all deleted runs for good
      </Button>
    </More>
  )
}
