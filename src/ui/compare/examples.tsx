/** Example runs that come with the page. */
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'

export function Examples() {
  const examples = useExperiments((state) => state.examples)
  const busy = useExperiments((state) => state.busy !== null)
  if (examples.length === 0) return null
  // Opens Compare first, so that the page does not switch later if the user has moved on.
  const open = (id: string) => {
    experiments.showCenter('compare')
    return experiments.openExample(id)
  }
  return (
    <ul className="run-list" aria-label="Examples">
      {examples.map(({ id, title, text }) => (
        <li key={id}>
          <span className="run-words">
            <span>{title}</span>
            <span className="quiet">{text}</span>
          </span>
          <Button
            className="button quiet-button"
            aria-label={`Open ${title}`}
            isDisabled={busy}
            onPress={() => open(id)}
          >
            Open
          </Button>
        </li>
      ))}
    </ul>
  )
}
