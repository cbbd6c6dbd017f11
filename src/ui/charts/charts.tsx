/** The charts in the middle of the page, with their toolbar. */
import { memo, useDeferredValue, useId, useMemo } from 'react'
import { lastStep } from '../../runs/last-step.ts'
import { lab, useLab } from '../../store/lab.ts'
import { series, useSeries, useShownRun } from '../../store/series.ts'
import type { XUnit } from '../../store/state.ts'
import { Boundary } from '../boundary/boundary.tsx'
import { ExportAll } from '../figure/export-all.tsx'
import { measurementKey, probeKey, stepsKey } from '../plot/run-at.ts'
import { ZoomButtons } from '../plot/zoom-buttons.tsx'
import { AblationChart } from './ablation/chart.tsx'
import { AreaChart } from './area/chart.tsx'
import { CorrelationChart } from './correlation/chart.tsx'
import { DifferenceChart } from './difference/chart.tsx'
import { HeatMap } from './heat-map/chart.tsx'
import { ImpactChart } from './impact/chart.tsx'
import { IndicesChart } from './indices/chart.tsx'
import { LinearityChart } from './linearity/chart.tsx'
import { LossChart } from './loss/chart.tsx'
import { OpenedRun } from './opened-run.tsx'
import { SelectivityChart } from './selectivity/chart.tsx'

const units: readonly XUnit[] = ['epoch', 'step', 'time']

// The cursor moves with the pointer and must not redraw the charts.
const Selectivity = memo(SelectivityChart)
const Sites = memo(HeatMap)
const Loss = memo(LossChart)
const Difference = memo(DifferenceChart)
const Ablation = memo(AblationChart)
const Areas = memo(AreaChart)
const Impact = memo(ImpactChart)
const Indices = memo(IndicesChart)
const Linear = memo(LinearityChart)
const Correlation = memo(CorrelationChart)

export function Charts() {
  const x = useLab((state) => state.view.x)
  const range = useLab((state) => state.view.range)
  const moment = useLab((state) => state.view.moment)
  const site = useLab((state) => state.view.site)
  const unit = useLab((state) => state.view.unit)
  const selected = useMemo(() => ({ site, unit }), [site, unit])
  const axis = useMemo(() => ({ x, range }), [x, range])
  const view = useMemo(() => ({ range, moment, site }), [range, moment, site])
  const probed = useDeferredValue(useShownRun(probeKey))
  const measured = useDeferredValue(useShownRun(measurementKey))
  const trained = useDeferredValue(useShownRun((run) => stepsKey(run, range)))
  const parent = useDeferredValue(useSeries((snapshot) => snapshot.parent))
  return (
    <div className="charts">
      <OpenedRun />
      {probed && probed.probes.length > 0 && <Toolbar />}
      <Boundary part="Selectivity">
        <Selectivity run={probed} view={axis} />
      </Boundary>
      <Boundary part="Selectivity by site">
        <Sites run={probed} view={view} />
      </Boundary>
      <Boundary part="Loss and accuracy">
        <Loss run={trained} view={axis} />
      </Boundary>
      <Boundary part="Difference from the parent">
        <Difference run={trained} parent={parent} view={axis} />
      </Boundary>
      <Boundary part="Ablation">
        <Ablation run={measured} moment={moment} />
      </Boundary>
      <Boundary part="Area under the ablation curves">
        <Areas run={measured} view={axis} />
      </Boundary>
      <Boundary part="Single units">
        <Impact run={measured} moment={moment} unit={selected} />
      </Boundary>
      <Boundary part="Other indices">
        <Indices run={measured} view={axis} />
      </Boundary>
      <Boundary part="Linearity">
        <Linear run={measured} view={axis} />
      </Boundary>
      <Boundary part="Cross-layer correlation">
        <Correlation run={measured} moment={moment} />
      </Boundary>
    </div>
  )
}

/** The last step of the shown run. */
function end(): number {
  const run = series.shown()
  return run ? lastStep(run) : 1
}

function Toolbar() {
  const x = useLab((state) => state.view.x)
  const range = useLab((state) => state.view.range)
  const id = useId()
  return (
    <div className="charts-toolbar">
      <label className="chart-select" htmlFor={id}>
        Horizontal axis
        <select
          id={id}
          className="input select"
          value={x}
          onChange={(event) => lab.setView({ x: units.find((unit) => unit === event.target.value) ?? 'epoch' })}
        >
          {units.map((unit) => (
            <option key={unit} value={unit}>
              {unit}
            </option>
          ))}
        </select>
      </label>
      <ZoomButtons
        range={range}
        space={() => ({ end: end(), grain: 1 })}
        onZoom={(next) => lab.setView({ range: next })}
      />
      <ExportAll />
    </div>
  )
}
