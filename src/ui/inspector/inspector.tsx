/** The inspector of the selected unit, or of the selected site. */
import { useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import { columnAt } from '../plot/moment.ts'
import { measurementKey, useRunAt } from '../plot/run-at.ts'
import { Site } from './site.tsx'
import { UnitField } from './unit-field.tsx'
import { UnitInspector } from './unit-inspector.tsx'
import './inspector.css'

export function Inspector() {
  const { run: newest } = useRun()
  const run = useRunAt(newest, newest ? measurementKey(newest) : '')
  const moment = useLab((state) => state.view.moment)
  const selected = useLab((state) => state.view.site)
  const unit = useLab((state) => state.view.unit)
  if (!run || run.probes.length === 0) {
    return (
      <>
        <h2>Inspector</h2>
        <p className="quiet">
          Click a cell of “Selectivity by site” to see how selective the units of that block are, and for which classes.
          Then choose a unit to see its details.
        </p>
      </>
    )
  }
  const column = columnAt(run, moment)
  const probe = run.probes[column]
  const site = probe.sites.find((s) => s.site === selected) ?? probe.sites[0]
  const known = site.site === selected && unit !== null && unit < site.selectivity.length
  return (
    <>
      <UnitField run={run} />
      {known ? (
        <UnitInspector run={run} name={{ site: site.site, unit }} moment={moment} />
      ) : (
        <Site run={run} probe={probe} column={column} site={site} />
      )}
    </>
  )
}
