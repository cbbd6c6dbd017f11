/** A unit over training: selectivity with its floor, and a strip of its preferred classes. */
import { scaleLinear } from 'd3-scale'
import { useMemo } from 'react'
import type { Run } from '../../../runs/reduce.ts'
import type { UnitMoment } from '../../../runs/units/history.ts'
import { useLab } from '../../../store/lab.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import { useIsFullScreen } from '../../figure/full-screen.ts'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { linePath } from '../../plot/panels.tsx'
import { PlotArea } from '../../plot/plot-area.tsx'
import { axisText, XTicks, YGrid } from '../../plot/svg-axes.tsx'
import { formatX, type XAxisModel, xAxisOf } from '../../plot/x-axis.ts'
import { type ClassSpan, className, classSpans, historyCaption, historyTable } from './model.ts'

interface Props {
  readonly run: Run
  readonly history: readonly UnitMoment[]
  /** Step of the probe that the views show. */
  readonly step: number
  readonly color: string
}

export function HistoryChart({ run, history, step, color }: Props) {
  const [hidden, toggle] = useHidden()
  const x = useLab((state) => state.view.x)
  const range = useLab((state) => state.view.range)
  const axis = useMemo(() => xAxisOf(run, { x, range }), [run, x, range])
  const legend: LegendItem[] = [
    { key: 'selectivity', label: 'SI', color, shape: 'line' },
    { key: 'floor', label: 'chance floor', color: '--floor', dash: '3 2', shape: 'line' },
  ]
  return (
    <ChartFrame
      id="unit-over-training"
      title="Over training"
      topic="unit-over-training"
      caption={historyCaption(run, history)}
      legend={legend}
      hidden={hidden}
      onToggle={toggle}
      table={historyTable(run, history)}
    >
      <HistoryPlot run={run} history={history} step={step} axis={axis} legend={legend} hidden={hidden} />
    </ChartFrame>
  )
}

interface PlotProps extends Omit<Props, 'color'> {
  readonly axis: XAxisModel
  readonly legend: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
}

const margins = { left: 28, right: 8, top: 8 } as const
const usualHeight = 96
const stripGap = 6
const stripHeight = 16
/** The strip, the ticks and the name of the axis. */
const below = stripGap + stripHeight + 32

function HistoryPlot(props: PlotProps) {
  const isFull = useIsFullScreen()
  return (
    <PlotArea>
      {(width, height) => (
        <Drawing
          {...props}
          width={width}
          plotHeight={isFull ? Math.max(usualHeight, height - margins.top - below) : usualHeight}
        />
      )}
    </PlotArea>
  )
}

interface DrawingProps extends PlotProps {
  readonly width: number
  readonly plotHeight: number
}

function Drawing({ run, history, step, axis, width, plotHeight, legend, hidden }: DrawingProps) {
  const stripTop = plotHeight + stripGap
  const stripBottom = stripTop + stripHeight
  const inner = width - margins.left - margins.right
  const x = scaleLinear([...axis.domain], [0, inner])
  const y = scaleLinear([0, 1], [plotHeight, 0])
  const isInside = (at: number) => at >= axis.domain[0] && at <= axis.domain[1]
  const pointsOf = (key: string) =>
    history
      .map((at) => [axis.at(at.step), key === 'floor' ? at.floor : at.selectivity] as const)
      .filter(([at]) => isInside(at))
  const now = axis.at(step)
  return (
    <svg
      data-plot="history"
      width={width}
      height={margins.top + plotHeight + below}
      role="img"
      aria-label="Selectivity and preferred class over training"
    >
      <g transform={`translate(${margins.left} ${margins.top})`}>
        <YGrid y={y} ticks={[0, 0.5, 1]} width={inner} format={String} />
        {legend
          .filter(({ key }) => !hidden.has(key))
          .map(({ key, color, dash }) => (
            <path
              key={key}
              d={linePath(pointsOf(key), { x, y })}
              fill="none"
              stroke={`var(${color})`}
              strokeWidth={key === 'floor' ? 1.5 : 2}
              strokeDasharray={dash}
            />
          ))}
        {isInside(now) && <line x1={x(now)} x2={x(now)} y2={stripBottom} stroke="var(--ink-2)" strokeDasharray="2 2" />}
        <Strip
          run={run}
          top={stripTop}
          spans={classSpans(history)}
          at={(one) => Math.min(inner, Math.max(0, x(axis.at(one))))}
        />
        <XTicks x={x} ticks={x.ticks(4)} top={stripBottom} format={(tick) => formatX(tick, axis.unit)} />
        <text x={inner} y={stripBottom + 29} textAnchor="end" {...axisText}>
          {axis.label}
        </text>
      </g>
    </svg>
  )
}

interface StripProps {
  readonly run: Run
  /** In pixels from the top of the plot area. */
  readonly top: number
  readonly spans: readonly ClassSpan[]
  /** Step → position in pixels. */
  readonly at: (step: number) => number
}

/** The preferred class of each span. A span with too little room shows its name as a tooltip only. */
function Strip({ run, top, spans, at }: StripProps) {
  return spans.map(({ from, to, preferredClass }, i) => {
    const name = preferredClass === null ? 'dead' : className(run, preferredClass)
    const [left, right] = [at(from), at(to)]
    const wide = Math.max(2, right - left)
    return (
      <g key={from}>
        <title>{name}</title>
        <rect
          x={left}
          y={top}
          width={wide}
          height={stripHeight}
          fill={i % 2 === 0 ? 'var(--surface-3)' : 'var(--line)'}
        />
        {wide > name.length * 6 + 6 && (
          <text x={left + wide / 2} y={top + 12} textAnchor="middle" fontSize={11} fill="var(--ink)">
            {name}
          </text>
        )}
      </g>
    )
  })
}
