/** The drawing of the ablation chart: a panel for each module, with a line for each order or checkpoint. */
import { useIsFullScreen } from '../../figure/full-screen.ts'
import { type DrawingSize, panelLayout, readoutRoom } from '../../plot/panel-layout.ts'
import { PanelSurface } from '../../plot/panel-surface.tsx'
import { bandPath, linePath, type PanelAxis, type PanelScales, Panels, panelScales } from '../../plot/panels.tsx'
import { PlotArea } from '../../plot/plot-area.tsx'
import { axisFromZero } from '../../plot/y-axis.ts'
import type { DrawnCurve } from './lines.ts'
import type { AblationMeasure } from './model.ts'

const shareAxis: PanelAxis = {
  domain: [0, 1],
  ticks: [0, 0.25, 0.5, 0.75, 1],
  label: 'ablated units of each site (%)',
  format: (value) => String(Math.round(100 * value)),
}

interface PlotProps {
  /** The visible curves. */
  readonly curves: readonly DrawnCurve[]
  readonly all: readonly DrawnCurve[]
  readonly measure: AblationMeasure
  /** Meaning of the y axis. */
  readonly yLabel: string
}

export function AblationPlot(props: PlotProps) {
  const isFull = useIsFullScreen()
  return (
    <PlotArea>
      {(width, height) =>
        props.all.length > 0 && <Drawing {...props} width={width} room={isFull ? height - readoutRoom : null} />
      }
    </PlotArea>
  )
}

function Drawing({ curves, all, measure, yLabel, width, room }: PlotProps & DrawingSize) {
  const modules = [...new Set(all.map(({ module }) => module))]
  const layout = panelLayout(width, modules.length, room)
  const values = curves.flatMap(({ marks }) => marks.flatMap(({ lower, upper }) => [lower, upper]))
  const yAxis: PanelAxis = {
    ...axisFromZero(values),
    label: yLabel,
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
      return [curve.label, mark?.value.toFixed(digits) ?? '–'] as const
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
        draw={(i, own) => of(i).map((curve) => <Curve key={curve.key} curve={curve} scales={own} />)}
      />
    </PanelSurface>
  )
}

function Curve({ curve, scales }: { readonly curve: DrawnCurve; readonly scales: PanelScales }) {
  const { key, color, dash, opacity } = curve
  const paint = `var(${color})`
  const band = curve.marks.map(({ share, lower, upper }) => [share, lower, upper] as const)
  const line = curve.marks.map(({ share, value }) => [share, value] as const)
  return (
    <g data-series={key} opacity={opacity}>
      {curve.draws > 1 && <path d={bandPath(band, scales)} fill={paint} fillOpacity={0.2} />}
      <path d={linePath(line, scales)} fill="none" stroke={paint} strokeWidth={2} strokeDasharray={dash} />
    </g>
  )
}
