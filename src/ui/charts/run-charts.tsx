/** The charts of every run. The drawings are loaded when a run has its first numbers. */
import { memo, useMemo } from 'react'
import { forkOf } from '../../runs/lineage.ts'
import type { Run } from '../../runs/reduce.ts'
import type { ViewState } from '../../store/state.ts'
import { loadable } from '../boundary/later.tsx'
import { EmptyChart } from '../figure/empty-chart.tsx'
import { epochText } from '../plot/moment.ts'
import { hasSites, missingSites } from '../units/missing.ts'
import { pairOf } from './difference/model.ts'
import { LoadedChart } from './loaded-chart.tsx'

// The cursor moves with the pointer and must not redraw the charts.
const SelectivityChart = loadable(async () => memo((await import('./selectivity/chart.tsx')).SelectivityChart))
const LossChart = loadable(async () => memo((await import('./loss/chart.tsx')).LossChart))
const HeatMap = loadable(async () => memo((await import('./heat-map/chart.tsx')).HeatMap))
const DifferenceChart = loadable(async () => memo((await import('./difference/chart.tsx')).DifferenceChart))

interface Props {
  readonly run: Run | null
  readonly view: Pick<ViewState, 'x' | 'range'>
}

export function Selectivity({ run, view }: Props) {
  if (!run || run.probes.length === 0)
    return (
      <EmptyChart
        title="Selectivity"
        topic="selectivity"
        size="first"
        text="Mean selectivity of layer1 … layer4 over the epochs, with its chance floor. The first points appear when training starts."
        example="selectivity"
      />
    )
  return (
    <LoadedChart title="Selectivity" size="first">
      <SelectivityChart run={run} view={view} />
    </LoadedChart>
  )
}

export function Loss({ run, view }: Props) {
  if (!run || run.evaluations.length + run.steps.length === 0)
    return (
      <EmptyChart
        title="Loss and accuracy"
        topic="loss-and-accuracy"
        size="first"
        text="Loss and accuracy of training and validation images. Validation appears before the first step, training with it."
        example="loss-and-accuracy"
      />
    )
  return (
    <LoadedChart title="Loss and accuracy" size="first">
      <LossChart run={run} view={view} />
    </LoadedChart>
  )
}

export function Sites({ run, view }: { readonly run: Run | null; readonly view: SiteView }) {
  const title = 'Selectivity by site'
  if (!run || run.probes.length === 0)
    return (
      <EmptyChart
        title={title}
        topic="sites"
        text="One row for each residual block and one column for each probe: where in the network selectivity rises, and when."
        example="sites"
      />
    )
  if (!hasSites(run)) return <EmptyChart title={title} topic="sites" text={missingSites} />
  return (
    <LoadedChart title={title} size="wide">
      <HeatMap run={run} view={view} />
    </LoadedChart>
  )
}

type SiteView = Pick<ViewState, 'range' | 'moment' | 'site'>

/** Absent for a run that is no fork. */
export function Difference({ run, parent, view }: Props & { readonly parent: Run | null }) {
  const title = 'Difference from the parent'
  const fork = run && forkOf(run)
  const pair = useMemo(() => run && pairOf(run, parent), [run, parent])
  if (!fork) return null
  if (pair)
    return (
      <LoadedChart title={title} size="wide">
        <DifferenceChart pair={pair} view={view} />
      </LoadedChart>
    )
  const left = `This run forked from ${fork.name} at ${epochText(fork.epoch)}.`
  const reason = parent
    ? 'Their epochs have different numbers of steps, so their steps cannot be compared.'
    : `The difference from ${fork.name} appears here when the browser has that run.`
  return <EmptyChart title={title} topic="parent-difference" text={`${left} ${reason}`} />
}
