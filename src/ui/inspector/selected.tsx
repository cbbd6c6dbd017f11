/** The selected unit, or the selected site, at the shown moment. */
import { columnAt } from '../../runs/probe-at.ts'
import type { Run } from '../../runs/reduce.ts'
import { Site } from './site.tsx'
import { UnitField } from './unit-field.tsx'
import { UnitInspector } from './unit-inspector.tsx'

interface Props {
  /** A run with probes of sites. */
  readonly run: Run
  readonly moment: number | null
  /** The name of the selected site; the first one for null. */
  readonly selected: string | null
  readonly unit: number | null
}

export function Selected({ run, moment, selected, unit }: Props) {
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
      <UnitField start={run.start} />
      {known ? (
        <UnitInspector run={run} name={{ site, unit }} moment={moment} />
      ) : (
        <Site run={run} probe={probe} column={column} index={index} />
      )}
    </>
  )
}
