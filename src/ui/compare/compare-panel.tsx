/** The step Compare: the runs, and plans that train more runs. */
import { useEffect } from 'react'
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { More } from '../controls/more.tsx'
import { Examples } from './examples.tsx'
import { ImportRuns } from './import-runs.tsx'
import { PlanForm } from './plan-form.tsx'
import { PlanProgress } from './plan-progress.tsx'
import { RunList } from './run-list.tsx'

export function ComparePanel() {
  const busy = useExperiments((state) => state.busy)
  useEffect(() => void experiments.openLibrary(), [])
  return (
    <>
      <div className="button-row">
        <Button className="button" onPress={() => experiments.showCenter('compare')}>
          Compare runs
        </Button>
        <Button className="button" onPress={() => experiments.showCenter('claims')}>
          Check the claims
        </Button>
      </div>
      <PlanProgress />
      <More title="Plan an experiment">
        <PlanForm />
      </More>
      <h3>Runs</h3>
      {busy && <p className="quiet">{busy}…</p>}
      <Problems />
      <RunList />
      <Examples />
      <ImportRuns />
    </>
  )
}

function Problems() {
  const problems = useExperiments((state) => state.problems)
  if (problems.length === 0) return null
  return (
    <div className="note warning" role="alert">
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
