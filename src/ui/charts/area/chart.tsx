/** Area under the ablation curves of each checkpoint, over the epochs. */

import { useMemo, useState } from 'react'
import type { AblationMode } from '../../../protocol/measurement.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { ChartSelect } from '../../figure/chart-select.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { alphaLegend, visibleSpans } from '../../plot/alpha-legend.ts'
import { type AlphaSpan, signSpans } from '../../plot/alpha-spans.ts'
import { ModuleLines } from '../../plot/module-lines.tsx'
import { moduleLegend } from '../../plot/modules.ts'
import { twoDigits } from '../../plot/tick-text.ts'
import { type AblationMeasure, measuredModes, measureNames, modeNames } from '../ablation/model.ts'
import { type Area, type AreaOrder, areaCaption, areaRows, areasOf, areaTable } from './model.ts'

const orderNames: Readonly<Record<AreaOrder, string>> = {
  selective: 'most selective first',
  random: 'random order',
  least: 'least selective first',
  difference: 'random − most selective',
}

interface Props {
  readonly run: Run
  readonly view: Pick<ViewState, 'x' | 'range'>
}

const randomLegend: LegendItem = {
  key: 'random',
  label: 'random order (thin)',
  color: '--ink-2',
  dash: '1 3',
  shape: 'line',
}

export function AreaChart({ run, view }: Props) {
  const [hidden, toggle] = useHidden()
  const [measure, setMeasure] = useState<AblationMeasure>('top1')
  const [order, setOrder] = useState<AreaOrder>('selective')
  const [wanted, setMode] = useState<AblationMode | null>(null)
  const modes = measuredModes(run)
  const mode = modes.find((one) => one === wanted) ?? modes[modes.length - 1]
  const areas = useMemo(() => areasOf(run, mode, measure), [run, mode, measure])
  const spans = useMemo(() => signSpans(run), [run])
  const modules = [...new Set(areas.map(({ module }) => module))]
  const compared = order === 'selective' || order === 'least'
  const toolbar = (
    <>
      <ChartSelect label="Order" value={order} options={orderNames} onChange={setOrder} />
      <ChartSelect label="Of" value={measure} options={measureNames} onChange={setMeasure} />
      {modes.length > 1 && <ChartSelect label="Units" value={mode} options={modeNames} onChange={setMode} />}
    </>
  )
  return (
    <ChartFrame
      id="ablation-area"
      title="Area under the ablation curves"
      topic="ablation-area"
      size="half"
      caption={areaCaption(areas, measure)}
      legend={[...moduleLegend(modules), ...(compared ? [randomLegend] : []), ...alphaLegend(spans)]}
      hidden={hidden}
      onToggle={toggle}
      table={areaTable(areas)}
      toolbar={toolbar}
    >
      <AreaPlot
        run={run}
        areas={areas}
        order={order}
        view={view}
        modules={modules}
        hidden={hidden}
        spans={visibleSpans(spans, hidden)}
      />
    </ChartFrame>
  )
}

interface PlotProps extends Pick<Props, 'view'> {
  readonly run: Run
  readonly areas: readonly Area[]
  readonly order: AreaOrder
  readonly modules: readonly string[]
  readonly hidden: ReadonlySet<string>
  readonly spans: readonly AlphaSpan[]
}

function AreaPlot({ run, areas, order, view, modules, hidden, spans }: PlotProps) {
  return (
    <ModuleLines
      run={run}
      view={view}
      label="Area under the ablation curves"
      yLabel={
        order === 'difference'
          ? 'area under the random curve − area under the selective one'
          : 'area under the curve, in multiples of the whole network'
      }
      height={220}
      rowsAt={(at) => areaRows(areas, order, at)}
      modules={modules.filter((module) => !hidden.has(module))}
      thin={hidden.has('random') ? null : '.random'}
      formatY={twoDigits}
      spans={spans}
    />
  )
}
