/** What could not be read, stored or moved. */
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'

export function Problems() {
  const problems = useExperiments((state) => state.problems)
  if (problems.length === 0) return null
  return (
    <div className="note warning problems" role="alert">
      <ul>
        {problems.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Button className="button quiet-button" onPress={experiments.dismissProblems}>
        Dismiss
      </Button>
    </div>
  )
}
