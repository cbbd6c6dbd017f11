/** The difference of a fork from its parent: selectivity by module, loss and accuracy after the fork. */
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { moduleLegend, modulesOf } from '../../plot/modules.ts'
import { differenceCaption, differenceTable, type Pair } from './model.ts'
import { DifferencePlots } from './plots.tsx'

interface Props {
  readonly pair: Pair
  readonly view: Pick<ViewState, 'x' | 'range'>
}

const scoreLegend: readonly LegendItem[] = [
  { key: 'train', label: 'training (20 steps)', color: '--ink-2', shape: 'line' },
  { key: 'validation', label: 'validation', color: '--accent', dash: '6 3', shape: 'line' },
]

export function DifferenceChart({ pair, view }: Props) {
  const [hidden, toggle] = useHidden()
  return (
    <ChartFrame
      id="parent-difference"
      title="Difference from the parent"
      topic="parent-difference"
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
