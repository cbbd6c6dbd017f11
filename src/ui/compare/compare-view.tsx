/** The view Compare: charts and tables of the selected runs. */

import { Boundary } from '../boundary/boundary.tsx'
import { EmptyChart } from '../figure/empty-chart.tsx'
import { ExportAll } from '../figure/export-all.tsx'
import { useChosenRuns } from './chosen-runs.ts'
import { CompareChart } from './compare-chart.tsx'
import { ConfigTable } from './config-table.tsx'
import { DifferenceChart, FinalChart } from './final-charts.tsx'

const empty =
  'Runs overlaid or grouped by arm, with bands over seeds; final accuracies with paired differences; and the settings that differ. Train a run or a plan, drop run folders or zips, or open an example. Then select runs in the step Compare.'

export function CompareView() {
  const runs = useChosenRuns()
  if (runs.length === 0)
    return (
      <div className="charts">
        <EmptyChart title="Comparison" topic="comparison" text={empty} example="comparison" />
      </div>
    )
  return (
    <div className="charts">
      <div className="charts-toolbar">
        <ExportAll />
      </div>
      <Boundary part="Comparison">
        <CompareChart runs={runs} />
      </Boundary>
      <Boundary part="Final accuracy">
        <FinalChart runs={runs} />
      </Boundary>
      <Boundary part="Paired differences">
        <DifferenceChart runs={runs} />
      </Boundary>
      <Boundary part="Configurations">
        <ConfigTable runs={runs} />
      </Boundary>
    </div>
  )
}
