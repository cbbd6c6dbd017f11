/** Cumulative ablation: accuracy or loss against the share of ablated units, with a panel for each module. */
import { useMemo, useState } from 'react'
import type { AblationMode, AblationOrder } from '../../../protocol/measurement.ts'
import { curveRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { ChartSelect } from '../../figure/chart-select.tsx'
import { useHidden } from '../../figure/use-hidden.ts'
import { epochText } from '../../plot/moment.ts'
import { checkpointCaption, type LineKind, lineKinds, lineLegend, linesByCheckpoint, linesByOrder } from './lines.ts'
import {
  type AblationMeasure,
  ablationCaption,
  ablationTable,
  measuredModes,
  measureNames,
  modeNames,
  orderCurves,
  orderStyle,
  shownCurves,
} from './model.ts'
import { AblationPlot } from './plot.tsx'

interface Props {
  readonly run: Run
  readonly moment: ViewState['moment']
}

const orderNames: Readonly<Record<AblationOrder, string>> = {
  selective: orderStyle.selective.label,
  random: orderStyle.random.label,
  least: orderStyle.least.label,
}

export function AblationChart({ run, moment }: Props) {
  const [hidden, toggle] = useHidden()
  const [measure, setMeasure] = useState<AblationMeasure>('top1')
  const [kind, setKind] = useState<LineKind>('orders')
  const [order, setOrder] = useState<AblationOrder>('selective')
  const [wanted, setMode] = useState<AblationMode | null>(null)
  const modes = measuredModes(run)
  const mode = modes.find((one) => one === wanted) ?? modes[modes.length - 1]
  const { rows, lines, caption, epoch } = useLines(run, moment, { kind, mode, measure, order })
  const toolbar = (
    <>
      {kind === 'orders' && <span className="quiet">{epochText(epoch)}</span>}
      <ChartSelect label="Lines" value={kind} options={lineKinds} onChange={setKind} />
      {kind === 'checkpoints' && <ChartSelect label="Order" value={order} options={orderNames} onChange={setOrder} />}
      <ChartSelect label="Shown" value={measure} options={measureNames} onChange={setMeasure} />
      {modes.length > 1 && <ChartSelect label="Units" value={mode} options={modeNames} onChange={setMode} />}
    </>
  )
  return (
    <ChartFrame
      id="ablation"
      title="Ablation"
      topic="ablation"
      caption={caption}
      legend={lineLegend(lines)}
      hidden={hidden}
      onToggle={toggle}
      table={ablationTable(rows)}
      toolbar={toolbar}
    >
      <AblationPlot
        curves={lines.filter(({ key }) => !hidden.has(key))}
        all={lines}
        measure={measure}
        yLabel={yLabels[kind][measure]}
      />
    </ChartFrame>
  )
}

const yLabels: Readonly<Record<LineKind, Readonly<Record<AblationMeasure, string>>>> = {
  orders: { top1: 'top-1 accuracy, validation images (%)', loss: 'loss L, validation images' },
  checkpoints: { top1: 'top-1, in % of the whole network’s', loss: 'loss, in multiples of the whole network’s' },
}

interface LineChoice {
  readonly kind: LineKind
  readonly mode: AblationMode
  readonly measure: AblationMeasure
  readonly order: AblationOrder
}

/** The lines of the chart, the rows behind them, and the sentence about them. */
function useLines(run: Run, moment: Props['moment'], { kind, mode, measure, order }: LineChoice) {
  const { checkpoint, rows: shown } = useMemo(() => shownCurves(run, moment, mode), [run, moment, mode])
  return useMemo(() => {
    const epoch = checkpoint?.epoch ?? 0
    if (kind === 'checkpoints') {
      const lines = linesByCheckpoint(run, { mode, measure, order })
      const rows = curveRows(run.measured).filter((row) => row.mode === mode && row.order === order)
      return { lines, rows, epoch, caption: checkpointCaption(lines, order, measure) }
    }
    const curves = orderCurves(shown, measure)
    return { lines: linesByOrder(curves), rows: shown, epoch, caption: ablationCaption(curves, epoch, measure) }
  }, [run, kind, mode, measure, order, checkpoint, shown])
}
