/** The charts in the middle of the page, with their toolbar. */
import { useMemo } from 'react'
import { useLab } from '../../store/lab.ts'
import { useSeries, useShownRun } from '../../store/series.ts'
import { checkpointsKey, probeKey, stepsKey } from '../plot/run-at.ts'
import { InTurn } from './in-turn.tsx'
import { MeasuredCharts } from './measured-charts.tsx'
import { OpenedRun } from './opened-run.tsx'
import { Difference, Loss, Selectivity, Sites } from './run-charts.tsx'
import { ChartsToolbar } from './toolbar.tsx'
import { useRoom } from './use-room.ts'

export function Charts() {
  const x = useLab((state) => state.view.x)
  const range = useLab((state) => state.view.range)
  const moment = useLab((state) => state.view.moment)
  const site = useLab((state) => state.view.site)
  const axis = useMemo(() => ({ x, range }), [x, range])
  const view = useMemo(() => ({ range, moment, site }), [range, moment, site])
  const probed = useShownRun(probeKey)
  const measured = useShownRun(checkpointsKey)
  const trained = useShownRun((run) => stepsKey(run, range))
  const parent = useSeries((snapshot) => snapshot.parent)
  const room = useRoom()
  return (
    <div className="charts" ref={room}>
      <OpenedRun />
      {probed && probed.probes.length > 0 && <ChartsToolbar />}
      <InTurn run={probed}>{(run) => <Selectivity run={run} view={axis} />}</InTurn>
      <InTurn run={trained}>{(run) => <Loss run={run} view={axis} />}</InTurn>
      <InTurn run={probed}>{(run) => <Sites run={run} view={view} />}</InTurn>
      <InTurn run={trained}>{(run) => <Difference run={run} parent={parent} view={axis} />}</InTurn>
      <MeasuredCharts run={measured} axis={axis} moment={moment} />
    </div>
  )
}
