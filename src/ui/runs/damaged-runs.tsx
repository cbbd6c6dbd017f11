/** Stored runs that cannot be read. They stay until the user removes them. */
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { More } from '../controls/more.tsx'
import { plural } from '../format.ts'

export function DamagedRuns() {
  const damaged = useExperiments((state) => state.damaged)
  if (damaged.length === 0) return null
  return (
    <More title={`Damaged: ${plural(damaged.length, 'run')}`} tone="warning">
      <ul className="run-list" aria-label="Damaged runs">
        {damaged.map(({ id, message }) => (
          <li key={id}>
            <span>{message}</span>
            <Button
              className="button quiet-button"
              aria-label={`Remove the damaged run ${id} for good`}
              onPress={() => experiments.purgeRuns([id])}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
    </More>
  )
}
