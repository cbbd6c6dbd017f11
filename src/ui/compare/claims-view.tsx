/** The view Claims: the paper's claims, judged on the selected runs, and the rules. */
import { useMemo } from 'react'
import { Button } from 'react-aria-components'
import { verdictRules } from '../../experiments/claims/texts.ts'
import { claimsCsv } from '../../experiments/csv.ts'
import { metricsOf } from '../../experiments/metrics.ts'
import { Boundary } from '../boundary/boundary.tsx'
import { More } from '../controls/more.tsx'
import { plural } from '../format.ts'
import { useChosenRuns } from './chosen-runs.ts'
import { ClaimCard } from './claim-card.tsx'
import { claimsOf } from './claim-model.ts'
import { Rules } from './rules.tsx'
import { saveCsv } from './tables.ts'

const nothing =
  'There are no runs to judge yet. Each claim below says which runs it needs. The ready-made plans in the step Compare train them, or import runs from the command line.'

export function ClaimsView() {
  const runs = useChosenRuns()
  const claims = useMemo(() => claimsOf(runs), [runs])
  const metrics = useMemo(() => metricsOf(runs), [runs])
  const save = () => saveCsv(claimsCsv(claims), runs, 'claims.csv')
  return (
    <div className="charts claims">
      <section className="chart" aria-label="How a verdict is found">
        <header className="chart-head">
          <h2>Four claims about class selectivity</h2>
          <Button
            className="button quiet-button"
            aria-label="Claims: download CSV"
            isDisabled={runs.length === 0}
            onPress={save}
          >
            Download CSV
          </Button>
        </header>
        <p className="chart-caption">
          {runs.length === 0
            ? nothing
            : `Judged on ${plural(runs.length, 'run')}. The CSV file contains every number behind a verdict, with its run and epoch.`}
        </p>
        <More title="How a verdict is found" defaultExpanded={runs.length > 0}>
          <Rules sentences={verdictRules} />
        </More>
      </section>
      {claims.map((claim) => (
        <Boundary key={claim.id} part={claim.title}>
          <ClaimCard claim={claim} metrics={metrics} />
        </Boundary>
      ))}
    </div>
  )
}
