/** The step Compare: the runs, and plans that train more runs. */
import { useEffect } from 'react'
import { Button } from 'react-aria-components'
import { experiments, useExperiments } from '../../store/experiments/page.ts'
import { More } from '../controls/more.tsx'
import { Examples } from './examples.tsx'
import { ImportRuns } from './import-runs.tsx'
import { PlanForm } from './plan-form.tsx'
import { PlanProgress } from './plan-progress.tsx'
import { Problems } from './problems.tsx'
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
        <Button className="button" onPress={() => experiments.showCenter('runs')}>
          All runs
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
