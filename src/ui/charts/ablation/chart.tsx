/** Cumulative ablation: accuracy or loss against the share of ablated units, with a panel for each module and a line for each order. */
import { useMemo, useState } from 'react'
import type { AblationMode } from '../../../protocol/measurement.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ViewState } from '../../../store/state.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { ChartSelect } from '../../figure/chart-select.tsx'
import { useIsFullScreen } from '../../figure/full-screen.ts'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { epochText } from '../../plot/moment.ts'
import { type DrawingSize, panelLayout, readoutRoom } from '../../plot/panel-layout.ts'
import { PanelSurface } from '../../plot/panel-surface.tsx'
import { bandPath, linePath, type PanelAxis, type PanelScales, Panels, panelScales } from '../../plot/panels.tsx'
import { PlotArea } from '../../plot/plot-area.tsx'
import { axisFromZero } from '../../plot/y-axis.ts'
import {
  type AblationMeasure,
  ablationCaption,
  ablationTable,
  measuredModes,
  measureNames,
  modeNames,
  type OrderCurve,
  orderCurves,
  orderStyle,
  orders,
  shownCurves,
} from './model.ts'

const title = 'Ablation'

interface Props {
  readonly run: Run
  readonly moment: ViewState['moment']
}

export function AblationChart({ run, moment }: Props) {
  const [hidden, toggle] = useHidden()
  const [measure, setMeasure] = useState<AblationMeasure>('top1')
  const [wanted, setMode] = useState<AblationMode | null>(null)
  const modes = measuredModes(run)
  const mode = modes.find((one) => one === wanted) ?? modes[modes.length - 1]
  const { checkpoint, rows } = useMemo(() => shownCurves(run, moment, mode), [run, moment, mode])
  const curves = useMemo(() => orderCurves(rows, measure), [rows, measure])
  const epoch = checkpoint?.epoch ?? 0
  const legend = orders
    .filter((order) => curves.some((curve) => curve.order === order))
    .map((order): LegendItem => ({ key: order, ...orderStyle[order], shape: 'line' }))
  const toolbar = (
    <>
      <span className="quiet">{epochText(epoch)}</span>
      <ChartSelect label="Shown" value={measure} options={measureNames} onChange={setMeasure} />
      {modes.length > 1 && <ChartSelect label="Units" value={mode} options={modeNames} onChange={setMode} />}
    </>
  )
  return (
    <ChartFrame
      id="ablation"
      title={title}
      topic="ablation"
      caption={ablationCaption(curves, epoch, measure)}
      legend={legend}
      hidden={hidden}
      onToggle={toggle}
      table={ablationTable(rows)}
      toolbar={toolbar}
    >
      <AblationPlot curves={curves.filter(({ order }) => !hidden.has(order))} all={curves} measure={measure} />
    </ChartFrame>
  )
}

const shareAxis: PanelAxis = {
  domain: [0, 1],
  ticks: [0, 0.25, 0.5, 0.75, 1],
  label: 'ablated units of each site (%)',
  format: (value) => String(Math.round(100 * value)),
}

interface PlotProps {
  /** The visible curves. */
  readonly curves: readonly OrderCurve[]
  readonly all: readonly OrderCurve[]
  readonly measure: AblationMeasure
}

function AblationPlot(props: PlotProps) {
  const isFull = useIsFullScreen()
  return (
    <PlotArea>
      {(width, height) =>
        props.all.length > 0 && <Drawing {...props} width={width} room={isFull ? height - readoutRoom : null} />
      }
    </PlotArea>
  )
}

function Drawing({ curves, all, measure, width, room }: PlotProps & DrawingSize) {
  const modules = [...new Set(all.map(({ module }) => module))]
  const layout = panelLayout(width, modules.length, room)
  const values = curves.flatMap(({ marks }) => marks.flatMap(({ lower, upper }) => [lower, upper]))
  const yAxis: PanelAxis = {
    ...axisFromZero(values),
    label: measure === 'top1' ? 'top-1 accuracy, validation images (%)' : 'loss L, validation images',
    format: (value) => String(Number(value.toPrecision(3))),
  }
  const scales = panelScales(layout, shareAxis, yAxis)
  const of = (panel: number) => curves.filter(({ module }) => module === modules[panel])
  /** The marks of each panel's first curve, which the pointer moves between. */
  const stops = modules.map((_, i) => of(i)[0]?.marks ?? [])
  const digits = measure === 'top1' ? 1 : 3
  const at = (panel: number, index: number) =>
    of(panel).map((curve) => {
      const mark = curve.marks.find(({ n }) => n === stops[panel][index].n)
      return [orderStyle[curve.order].label, mark?.value.toFixed(digits) ?? '–'] as const
    })
  const head = (panel: number, index: number) => {
    const { n, share } = stops[panel][index]
    return [modules[panel], `${n} units, ${(100 * share).toFixed(0)} %`] as const
  }
  return (
    <PanelSurface
      layout={layout}
      label="Ablation by module"
      marks={stops.map((marks) => marks.map(({ share, value }) => [scales.x(share), scales.y(value)] as const))}
      spoken={({ panel, index }) => [head(panel, index), ...at(panel, index)].map((pair) => pair.join(' ')).join(', ')}
      lines={({ panel, index }) => [head(panel, index), ...at(panel, index)]}
    >
      <Panels
        label="Ablation by module"
        layout={layout}
        x={shareAxis}
        y={yAxis}
        panels={modules.map((module) => ({ key: module, title: module }))}
        draw={(i, own) => of(i).map((curve) => <Curve key={curve.order} curve={curve} scales={own} />)}
      />
    </PanelSurface>
  )
}

function Curve({ curve, scales }: { readonly curve: OrderCurve; readonly scales: PanelScales }) {
  const { color, dash } = orderStyle[curve.order]
  const paint = `var(${color})`
  const band = curve.marks.map(({ share, lower, upper }) => [share, lower, upper] as const)
  const line = curve.marks.map(({ share, value }) => [share, value] as const)
  return (
    <g data-series={curve.order}>
      {curve.draws > 1 && <path d={bandPath(band, scales)} fill={paint} fillOpacity={0.2} />}
      <path d={linePath(line, scales)} fill="none" stroke={paint} strokeWidth={2} strokeDasharray={dash} />
    </g>
  )
}
