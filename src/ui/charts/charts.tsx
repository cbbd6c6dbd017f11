/** The charts in the middle of the page, with their toolbar. */
import { useDeferredValue, useMemo } from 'react'
import { useLab } from '../../store/lab.ts'
import { useSeries, useShownRun } from '../../store/series.ts'
import { measurementKey, probeKey, stepsKey } from '../plot/run-at.ts'
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
  const probed = useDeferredValue(useShownRun(probeKey))
  const measured = useDeferredValue(useShownRun(measurementKey))
  const trained = useDeferredValue(useShownRun((run) => stepsKey(run, range)))
  const parent = useDeferredValue(useSeries((snapshot) => snapshot.parent))
  const room = useRoom()
  return (
    <div className="charts" ref={room}>
      <OpenedRun />
      {probed && probed.probes.length > 0 && <ChartsToolbar />}
      <Selectivity run={probed} view={axis} />
      <Loss run={trained} view={axis} />
      <Sites run={probed} view={view} />
      <Difference run={trained} parent={parent} view={axis} />
      <MeasuredCharts run={measured} axis={axis} moment={moment} />
    </div>
  )
}
