/** A unit over training: selectivity with its floor, and a strip of the classes that it prefers. */
import { scaleLinear } from 'd3-scale'
import { useMemo } from 'react'
import type { Run } from '../../../runs/reduce.ts'
import { useLab } from '../../../store/lab.ts'
import { ChartFrame } from '../../figure/chart-frame.tsx'
import type { LegendItem } from '../../figure/legend-item.ts'
import { useHidden } from '../../figure/use-hidden.ts'
import { linePath } from '../../plot/panels.tsx'
import { useWidth } from '../../plot/use-width.ts'
import { formatX, type XAxisModel, xAxisOf } from '../../plot/x-axis.ts'
import { type ClassSpan, className, classSpans, historyCaption, historyTable, type UnitMoment } from './model.ts'

interface Props {
  readonly run: Run
  readonly history: readonly UnitMoment[]
  /** Step of the probe that is shown. */
  readonly step: number
  readonly color: string
}

export function HistoryChart({ run, history, step, color }: Props) {
  const [hidden, toggle] = useHidden()
  const [width, ref] = useWidth()
  const x = useLab((state) => state.view.x)
  const range = useLab((state) => state.view.range)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run grows in place; its probes say when
  const axis = useMemo(() => xAxisOf(run, { x, range }), [run, history, x, range])
  const legend: LegendItem[] = [
    { key: 'selectivity', label: 'SI', color, shape: 'line' },
    { key: 'floor', label: 'chance floor', color: '--floor', dash: '3 2', shape: 'line' },
  ]
  return (
    <ChartFrame
      id="unit-over-training"
      title="Over training"
      caption={historyCaption(run, history)}
      legend={legend}
      hidden={hidden}
      onToggle={toggle}
      table={historyTable(run, history)}
    >
      <div className="plot" ref={ref}>
        {width > 0 && (
          <Drawing run={run} history={history} step={step} axis={axis} width={width} legend={legend} hidden={hidden} />
        )}
      </div>
    </ChartFrame>
  )
}

interface DrawingProps extends Omit<Props, 'color'> {
  readonly axis: XAxisModel
  readonly width: number
  readonly legend: readonly LegendItem[]
  readonly hidden: ReadonlySet<string>
}

const margins = { left: 28, right: 8, top: 8 } as const
const plotHeight = 96
const stripTop = margins.top + plotHeight + 6
const stripHeight = 16
const height = stripTop + stripHeight + 32
const small = { fontSize: 11, fill: 'var(--ink-2)' } as const

function Drawing({ run, history, step, axis, width, legend, hidden }: DrawingProps) {
  const x = scaleLinear([...axis.domain], [margins.left, width - margins.right])
  const y = scaleLinear([0, 1], [margins.top + plotHeight, margins.top])
  const points = (of: (at: UnitMoment) => number) =>
    history
      .map((at) => [axis.at(at.step), of(at)] as const)
      .filter(([at]) => at >= axis.domain[0] && at <= axis.domain[1])
  const lines = { selectivity: points((at) => at.selectivity), floor: points((at) => at.floor) }
  const now = axis.at(step)
  return (
    <svg
      data-plot="history"
      width={width}
      height={height}
      role="img"
      aria-label="Selectivity and preferred class over training"
    >
      {[0, 0.5, 1].map((tick) => (
        <g key={tick}>
          <line x1={margins.left} x2={width - margins.right} y1={y(tick)} y2={y(tick)} stroke="var(--grid)" />
          <text x={margins.left - 6} y={y(tick)} dy="0.32em" textAnchor="end" {...small}>
            {tick}
          </text>
        </g>
      ))}
      {legend
        .filter(({ key }) => !hidden.has(key))
        .map(({ key, color, dash }) => (
          <path
            key={key}
            d={linePath(key === 'floor' ? lines.floor : lines.selectivity, { x, y })}
            fill="none"
            stroke={`var(${color})`}
            strokeWidth={key === 'floor' ? 1.5 : 2}
            strokeDasharray={dash}
          />
        ))}
      {now >= axis.domain[0] && now <= axis.domain[1] && (
        <line
          x1={x(now)}
          x2={x(now)}
          y1={margins.top}
          y2={stripTop + stripHeight}
          stroke="var(--ink-2)"
          strokeDasharray="2 2"
        />
      )}
      <Strip run={run} spans={classSpans(history)} at={(one) => clampTo(x(axis.at(one)), width)} />
      {x.ticks(4).map((tick) => (
        <text key={tick} x={x(tick)} y={stripTop + stripHeight + 13} textAnchor="middle" {...small}>
          {formatX(tick, axis.unit)}
        </text>
      ))}
      <text x={width - margins.right} y={height - 3} textAnchor="end" {...small}>
        {axis.label}
      </text>
    </svg>
  )
}

const clampTo = (x: number, width: number) => Math.min(width - margins.right, Math.max(margins.left, x))

interface StripProps {
  readonly run: Run
  readonly spans: readonly ClassSpan[]
  readonly at: (step: number) => number
}

/** Names where there is room; all of them when a span is pointed at. */
function Strip({ run, spans, at }: StripProps) {
  return spans.map(({ from, to, preferredClass }, i) => {
    const name = preferredClass === null ? 'dead' : className(run, preferredClass)
    const [left, right] = [at(from), at(to)]
    const wide = Math.max(2, right - left)
    return (
      <g key={from}>
        <title>{name}</title>
        <rect
          x={left}
          y={stripTop}
          width={wide}
          height={stripHeight}
          fill={i % 2 === 0 ? 'var(--surface-3)' : 'var(--line)'}
        />
        {wide > name.length * 6 + 6 && (
          <text x={left + wide / 2} y={stripTop + 12} textAnchor="middle" fontSize={11} fill="var(--ink)">
            {name}
          </text>
        )}
      </g>
    )
  })
}
