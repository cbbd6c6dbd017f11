/** The charts of what was measured at checkpoints. Each is loaded when the run has its first numbers. */
import { memo, useMemo } from 'react'
import { curveRows, effectRows, indexRows, linearityRows } from '../../runs/measured.ts'
import type { Run } from '../../runs/reduce.ts'
import { useLab } from '../../store/lab.ts'
import type { ViewState } from '../../store/state.ts'
import { loadable } from '../boundary/later.tsx'
import { EmptyChart } from '../figure/empty-chart.tsx'
import { InTurn } from './in-turn.tsx'
import { LoadedChart } from './loaded-chart.tsx'

// The cursor moves with the pointer and must not redraw the charts.
const Ablation = loadable(async () => memo((await import('./ablation/chart.tsx')).AblationChart))
const Area = loadable(async () => memo((await import('./area/chart.tsx')).AreaChart))
const Impact = loadable(async () => memo((await import('./impact/chart.tsx')).ImpactChart))
const Indices = loadable(async () => memo((await import('./indices/chart.tsx')).IndicesChart))
const Linearity = loadable(async () => memo((await import('./linearity/chart.tsx')).LinearityChart))
const Correlation = loadable(async () => memo((await import('./correlation/chart.tsx')).CorrelationChart))

interface Props {
  /** The run at its last measurement. */
  readonly run: Run | null
  readonly axis: Pick<ViewState, 'x' | 'range'>
  readonly moment: ViewState['moment']
}

export function MeasuredCharts({ run, axis, moment }: Props) {
  return (
    <>
      <Curves run={run} axis={axis} moment={moment} />
      <Units run={run} moment={moment} />
      {run && indexRows(run.measured).length > 0 && (
        <LoadedChart title="Other indices" size="half">
          <InTurn run={run}>{(own) => own && <Indices run={own} view={axis} />}</InTurn>
        </LoadedChart>
      )}
      <Linear run={run} axis={axis} moment={moment} />
    </>
  )
}

const measureIt = { name: 'ablate', label: 'Measure: step 5, Ablate' } as const

function Curves({ run, axis, moment }: Props) {
  if (!run || curveRows(run.measured).length === 0)
    return (
      <EmptyChart
        title="Ablation"
        topic="ablation"
        size="third"
        text="Accuracy and loss as more and more units of a module are ablated: the most selective first, the least selective first, and in random order."
        example="ablation"
        step={measureIt}
      />
    )
  return (
    <>
      <LoadedChart title="Ablation" size="wide">
        <InTurn run={run}>{(own) => own && <Ablation run={own} moment={moment} />}</InTurn>
      </LoadedChart>
      <LoadedChart title="Area under the ablation curves" size="half">
        <InTurn run={run}>{(own) => own && <Area run={own} view={axis} />}</InTurn>
      </LoadedChart>
    </>
  )
}

function Units({ run, moment }: Omit<Props, 'axis'>) {
  const site = useLab((state) => state.view.site)
  const unit = useLab((state) => state.view.unit)
  const selected = useMemo(() => ({ site, unit }), [site, unit])
  if (!run || effectRows(run.measured).length === 0)
    return (
      <EmptyChart
        title="Single units"
        topic="single-units"
        size="third"
        example="single-units"
        text="The harm of ablating each unit alone, against its selectivity, with Spearman’s ρ. A sample of each module takes little time."
        step={measureIt}
      />
    )
  return (
    <LoadedChart title="Single units" size="wide">
      <InTurn run={run}>{(own) => own && <Impact run={own} moment={moment} unit={selected} />}</InTurn>
    </LoadedChart>
  )
}

function Linear({ run, axis, moment }: Props) {
  if (!run || linearityRows(run.measured).length === 0)
    return (
      <EmptyChart
        title="Linearity"
        topic="linearity"
        size="third"
        text="How close the network is to a linear one at each checkpoint: affine deviation, gate constancy, linear read-out and the correlation across layers."
        example="linearity"
        step={measureIt}
      />
    )
  return (
    <>
      <LoadedChart title="Linearity" size="half">
        <InTurn run={run}>{(own) => own && <Linearity run={own} view={axis} />}</InTurn>
      </LoadedChart>
      <LoadedChart title="Cross-layer correlation" size="half">
        <InTurn run={run}>{(own) => own && <Correlation run={own} moment={moment} />}</InTurn>
      </LoadedChart>
    </>
  )
}
