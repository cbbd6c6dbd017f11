/** The charts in the middle of the page, and what they share. */
import { memo, useDeferredValue, useId, useMemo } from 'react'
import { lastStep } from '../../runs/last-step.ts'
import type { Run } from '../../runs/reduce.ts'
import { setView, useLab } from '../../store/lab.ts'
import { useRun } from '../../store/series.ts'
import type { XUnit } from '../../store/state.ts'
import { Boundary } from '../boundary/boundary.tsx'
import { ExportAll } from '../figure/export-all.tsx'
import { signSpans } from '../plot/alpha-spans.ts'
import { axisEnd } from '../plot/x-axis.ts'
import { ZoomButtons } from '../plot/zoom-buttons.tsx'
import { AblationChart } from './ablation/chart.tsx'
import { AreaChart } from './area/chart.tsx'
import { CorrelationChart } from './correlation/chart.tsx'
import { HeatMap } from './heat-map/chart.tsx'
import { ImpactChart } from './impact/chart.tsx'
import { IndicesChart } from './indices/chart.tsx'
import { LinearityChart } from './linearity/chart.tsx'
import { LossChart } from './loss/chart.tsx'
import { SelectivityChart } from './selectivity/chart.tsx'

const units: readonly XUnit[] = ['epoch', 'step', 'time']

// The cursor moves with the pointer: it must not draw the charts again.
const Selectivity = memo(SelectivityChart)
const Sites = memo(HeatMap)
const Loss = memo(LossChart)
const Ablation = memo(AblationChart)
const Areas = memo(AreaChart)
const Impact = memo(ImpactChart)
const Indices = memo(IndicesChart)
const Linear = memo(LinearityChart)
const Correlation = memo(CorrelationChart)

export function Charts() {
  const { run, version } = useDeferredValue(useRun())
  const x = useLab((state) => state.view.x)
  const range = useLab((state) => state.view.range)
  const moment = useLab((state) => state.view.moment)
  const site = useLab((state) => state.view.site)
  const unit = useLab((state) => state.view.unit)
  const selected = useMemo(() => ({ site, unit }), [site, unit])
  const axis = useMemo(() => ({ x, range }), [x, range])
  const view = useMemo(() => ({ x, range, moment, site, cursor: null }), [x, range, moment, site])
  const probed = useProbed(run, version)
  const measured = run?.measured.version ?? 0
  return (
    <div className="charts">
      {run && run.probes.length > 0 && <Toolbar />}
      <Boundary part="Selectivity">
        <Selectivity run={run} version={probed} view={axis} />
      </Boundary>
      <Boundary part="Selectivity by site">
        <Sites run={run} version={probed} view={view} />
      </Boundary>
      <Boundary part="Loss and accuracy">
        <Loss run={run} version={version} view={axis} />
      </Boundary>
      <Boundary part="Ablation">
        <Ablation run={run} version={measured} moment={moment} />
      </Boundary>
      <Boundary part="Area under the ablation curves">
        <Areas run={run} version={measured} view={axis} />
      </Boundary>
      <Boundary part="Single units">
        <Impact run={run} version={measured} moment={moment} unit={selected} />
      </Boundary>
      <Boundary part="Other indices">
        <Indices run={run} version={measured} view={axis} />
      </Boundary>
      <Boundary part="Linearity">
        <Linear run={run} version={measured} view={axis} />
      </Boundary>
      <Boundary part="Cross-layer correlation">
        <Correlation run={run} version={measured} moment={moment} />
      </Boundary>
    </div>
  )
}

/** The version at which what the probes' charts show last changed: a probe, α's sign, the end of the axis. */
function useProbed(run: Run | null, version: number): number {
  const spans = run ? signSpans(run).length : 0
  const end = run ? axisEnd(run) : 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are the changes that count
  return useMemo(() => version, [run, run?.probes.length, spans, end])
}

function Toolbar() {
  const { run } = useRun()
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
          onChange={(event) => setView({ x: units.find((unit) => unit === event.target.value) ?? 'epoch' })}
        >
          {units.map((unit) => (
            <option key={unit} value={unit}>
              {unit}
            </option>
          ))}
        </select>
      </label>
      {run && (
        <ZoomButtons
          range={range}
          space={() => ({ end: lastStep(run), grain: 1 })}
          onZoom={(next) => setView({ range: next })}
        />
      )}
      <ExportAll />
    </div>
  )
}
