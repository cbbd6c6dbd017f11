/** The difference of a fork from its parent: selectivity by module, loss and accuracy after the fork. */
import { useMemo } from 'react'
import { forkOf } from '../../../runs/lineage.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame, EmptyChart } from '../../figure/chart-frame.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { moduleLegend, modulesOf } from '../../plot/modules.ts'
import { epochText } from '../../plot/moment.ts'
import { differenceCaption, differenceTable, type Pair, pairOf } from './model.ts'
import { DifferencePlots } from './plots.tsx'

const title = 'Difference from the parent'

interface Props {
  readonly run: Run | null
  /** The parent of a fork, where it is available. */
  readonly parent: Run | null
  readonly view: Pick<ViewState, 'x' | 'range'>
}

/** Absent for a run that is no fork. */
export function DifferenceChart({ run, parent, view }: Props) {
  const fork = run && forkOf(run)
  const pair = useMemo(() => run && pairOf(run, parent), [run, parent])
  if (!fork) return null
  if (pair) return <DifferenceFigure pair={pair} view={view} />
  const left = `This run forked from ${fork.name} at ${epochText(fork.epoch)}.`
  const reason = parent
    ? 'Their epochs have different numbers of steps, so their steps cannot be compared.'
    : `The difference from ${fork.name} appears here when the browser has that run.`
  return <EmptyChart title={title} text={`${left} ${reason}`} />
}

const scoreLegend: readonly LegendItem[] = [
  { key: 'train', label: 'training (20 steps)', color: '--ink-2', shape: 'line' },
  { key: 'validation', label: 'validation', color: '--accent', dash: '6 3', shape: 'line' },
]

function DifferenceFigure({ pair, view }: { readonly pair: Pair; readonly view: Props['view'] }) {
  const [hidden, toggle] = useHidden()
  return (
    <ChartFrame
      id="parent-difference"
      title={title}
      caption={differenceCaption(pair)}
      legend={[...moduleLegend(modulesOf(pair.run)), ...scoreLegend]}
      hidden={hidden}
      onToggle={toggle}
      table={differenceTable(pair)}
    >
      <DifferencePlots pair={pair} view={view} hidden={hidden} />
    </ChartFrame>
  )
}
