/** The inspector of the selected unit, or of the selected site. */

import { columnAt } from '../../runs/probe-at.ts'
import { useLab } from '../../store/lab.ts'
import { useShownRun } from '../../store/series.ts'
import { measurementKey } from '../plot/run-at.ts'
import { hasSites, missingSites } from '../units/missing.ts'
import { Site } from './site.tsx'
import { UnitField } from './unit-field.tsx'
import { UnitInspector } from './unit-inspector.tsx'
import './inspector.css'

const empty =
  'Click a cell of “Selectivity by site” to see how selective the units of that block are, and for which classes. Then choose a unit to see its details.'

export function Inspector() {
  const run = useShownRun(measurementKey)
  const moment = useLab((state) => state.view.moment)
  const selected = useLab((state) => state.view.site)
  const unit = useLab((state) => state.view.unit)
  if (!run || !hasSites(run)) {
    return (
      <>
        <h2>Inspector</h2>
        <p className="quiet">{!run || run.probes.length === 0 ? empty : missingSites}</p>
      </>
    )
  }
  const column = columnAt(run, moment)
  const probe = run.probes[column]
  const index = Math.max(
    0,
    probe.sites.findIndex(({ site }) => site === selected),
  )
  const { site, units } = probe.sites[index]
  const known = site === selected && unit !== null && unit < units
  return (
    <>
      <UnitField run={run} />
      {known ? (
        <UnitInspector run={run} name={{ site, unit }} moment={moment} />
      ) : (
        <Site run={run} probe={probe} column={column} index={index} />
      )}
    </>
  )
}
