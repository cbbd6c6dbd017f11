/** Other indices of class selectivity at each checkpoint, with their chance floors. */

import { useMemo, useState } from 'react'
import type { IndexName } from '../../../protocol/measurement.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { ChartSelect } from '../../figure/chart-select.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { alphaLegend, visibleSpans } from '../../plot/alpha-legend.ts'
import { signSpans } from '../../plot/alpha-spans.ts'
import { ModuleLines } from '../../plot/module-lines.tsx'
import { moduleLegend } from '../../plot/modules.ts'
import { twoDigits } from '../../plot/tick-text.ts'
import { indexLines, indexMeans, indexNames, indicesCaption, indicesTable } from './model.ts'

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
}

const floorLegend: LegendItem = {
  key: 'floor',
  label: 'chance floor (thin)',
  color: '--ink-2',
  dash: '1 3',
  shape: 'line',
}

export function IndicesChart({ run, view }: Props) {
  const [hidden, toggle] = useHidden()
  const [index, setIndex] = useState<IndexName>('ccmas')
  const means = useMemo(() => indexMeans(run), [run])
  const spans = useMemo(() => signSpans(run), [run])
  const shown = means.filter((own) => own.index === index)
  const modules = [...new Set(shown.map(({ module }) => module))]
  return (
    <ChartFrame
      id="indices"
      title="Other indices"
      topic="indices"
      size="half"
      caption={indicesCaption(shown, index)}
      legend={[...moduleLegend(modules), floorLegend, ...alphaLegend(spans)]}
      hidden={hidden}
      onToggle={toggle}
      table={indicesTable(means)}
      toolbar={<ChartSelect label="Index" value={index} options={indexNames} onChange={setIndex} />}
    >
      <ModuleLines
        run={run}
        view={view}
        label="Other indices of class selectivity"
        yLabel={`${indexNames[index]}, mean over units`}
        height={220}
        rowsAt={(at) => indexLines(shown, at)}
        modules={modules.filter((module) => !hidden.has(module))}
        thin={hidden.has('floor') ? null : '.floor'}
        formatY={twoDigits}
        spans={visibleSpans(spans, hidden)}
      />
    </ChartFrame>
  )
}
