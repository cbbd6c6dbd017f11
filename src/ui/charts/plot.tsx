/** One drawing on the shared x axis: recharts below, the synchronized cursor and the zoom gesture above. */
import { scaleLinear } from 'd3-scale'
import { type PointerEvent, type ReactNode, useCallback, useRef, useState } from 'react'
import { CartesianGrid, ComposedChart, Line, ReferenceArea, XAxis, YAxis } from 'recharts'
import { setView, useLab } from '../../store/lab.ts'
import type { AlphaSpan } from './alpha-spans.ts'
import { useWidth } from './use-width.ts'
import { formatX, type XAxisModel } from './x-axis.ts'
import type { YAxisModel } from './y-axis.ts'

/** Space around the plot area, in pixels: y labels on the left, names of lines on the right. */
export const margins = { left: 52, right: 64, top: 10, bottom: 40 } as const

export interface PlotProps {
  readonly label: string
  readonly axis: XAxisModel
  /** What recharts' own elements draw from; none for elements with rows of their own. */
  readonly rows?: readonly object[]
  readonly height: number
  readonly yLabel: string
  readonly yAxis: YAxisModel
  readonly formatY: (value: number) => string
  readonly spans: readonly AlphaSpan[]
  /** What the tooltip says at a step. */
  readonly readout: (step: number) => readonly TooltipLine[]
  /** recharts elements. */
  readonly children: ReactNode
}

export interface TooltipLine {
  readonly label: string
  readonly value: string
  readonly color?: string
}

/** Round numbers inside the domain, as many as a narrow plot has room for. */
const xTicks = ({ domain: [from, to] }: XAxisModel) => scaleLinear().domain([from, to]).ticks(7)

/** recharts draws no axis without something on it: the corners of the plot, invisible. */
const corners = ({ domain: x }: XAxisModel, { domain: y }: YAxisModel) => x.map((at, i) => ({ x: at, y: y[i] }))

const tick = { fill: 'var(--ink-2)', fontSize: 12 }

export function Plot(props: PlotProps) {
  const [width, ref] = useWidth()
  return (
    <div className="plot" ref={ref} style={{ height: props.height }}>
      {width > 0 && <Drawing {...props} width={width} />}
      {width > 0 && <Overlay {...props} width={width} />}
    </div>
  )
}

function Drawing(props: PlotProps & { readonly width: number }) {
  const { axis, height, width, yLabel, yAxis, formatY, spans, label, children } = props
  const rows = props.rows ?? corners(axis, yAxis)
  return (
    <ComposedChart
      data={rows as object[]}
      width={width}
      height={height}
      margin={{ top: margins.top, right: margins.right, bottom: 18, left: 0 }}
      accessibilityLayer={false}
      title={label}
    >
      <CartesianGrid vertical={false} stroke="var(--grid)" />
      {spans.map(({ from, to, alpha }) => (
        <ReferenceArea
          key={from}
          x1={axis.at(from)}
          x2={axis.at(to)}
          fill={alpha < 0 ? 'var(--alpha-against)' : 'var(--alpha-for)'}
          fillOpacity={0.1}
          ifOverflow="hidden"
        />
      ))}
      <XAxis
        dataKey="x"
        type="number"
        domain={[...axis.domain]}
        allowDataOverflow
        height={margins.bottom - 18}
        tick={tick}
        tickLine={{ stroke: 'var(--line-2)' }}
        axisLine={{ stroke: 'var(--line-2)' }}
        tickFormatter={(value: number) => formatX(value, axis.unit)}
        ticks={xTicks(axis)}
        label={{ value: axis.label, position: 'insideBottomRight', offset: -14, fill: 'var(--ink-2)', fontSize: 12 }}
      />
      <YAxis
        type="number"
        domain={[...yAxis.domain]}
        scale={yAxis.scale}
        ticks={[...yAxis.ticks]}
        interval={0}
        allowDataOverflow
        width={margins.left}
        tick={tick}
        tickLine={false}
        axisLine={false}
        tickFormatter={formatY}
        label={{
          value: yLabel,
          angle: -90,
          position: 'insideLeft',
          offset: 10,
          fill: 'var(--ink-2)',
          fontSize: 12,
          style: { textAnchor: 'middle' },
        }}
      />
      {children}
      {!props.rows && <Line dataKey="y" stroke="none" dot={false} activeDot={false} isAnimationActive={false} />}
    </ComposedChart>
  )
}

/** Share of the plot area at a pointer, 0 … 1. */
const shareAt = (event: PointerEvent<HTMLDivElement>, width: number) => {
  const { left } = event.currentTarget.getBoundingClientRect()
  const inner = width - margins.left - margins.right
  return Math.min(1, Math.max(0, (event.clientX - left - margins.left) / inner))
}

/** Hovering sets the cursor of all charts; dragging zooms; a double click shows all. */
function Overlay({ axis, width, height, readout }: PlotProps & { readonly width: number }) {
  const cursor = useLab((state) => state.view.cursor)
  const [drag, setDrag] = useState<readonly [number, number] | null>(null)
  const start = useRef<number | null>(null)
  const [from, to] = axis.domain
  const inner = width - margins.left - margins.right
  const stepAt = useCallback((share: number) => axis.stepAt(from + share * (to - from)), [axis, from, to])
  const left = (share: number) => margins.left + share * inner
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const share = shareAt(event, width)
    if (start.current !== null) setDrag([start.current, share])
    setView({ cursor: stepAt(share) })
  }
  const release = () => {
    const zoom = drag && [Math.min(...drag), Math.max(...drag)]
    start.current = null
    setDrag(null)
    if (zoom && (zoom[1] - zoom[0]) * inner > 6)
      setView({ range: [stepAt(zoom[0]), Math.max(stepAt(zoom[1]), stepAt(zoom[0]) + 1)] })
  }
  const share = cursor === null ? null : (axis.at(cursor) - from) / (to - from)
  const lines = cursor === null ? [] : readout(cursor)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering repeats the table; zooming has buttons of its own
    <div
      className="plot-overlay"
      onPointerMove={move}
      onPointerDown={(event) => {
        start.current = shareAt(event, width)
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerUp={release}
      onPointerCancel={() => {
        start.current = null
        setDrag(null)
      }}
      onPointerLeave={() => start.current === null && setView({ cursor: null })}
      onDoubleClick={() => setView({ range: null })}
    >
      {drag && (
        <div
          className="plot-zoom"
          style={{
            left: left(Math.min(...drag)),
            width: Math.abs(drag[1] - drag[0]) * inner,
            height: height - margins.bottom,
          }}
        />
      )}
      {share !== null && share >= 0 && share <= 1 && cursor !== null && (
        <>
          <div
            className="plot-cursor"
            style={{ left: left(share), top: margins.top, height: height - margins.bottom - margins.top }}
          />
          {lines.length > 0 && (
            <dl className={`plot-tip${share > 0.6 ? ' to-left' : ''}`} style={{ left: left(share) }}>
              <dt>{`${axis.label} ${formatX(axis.at(cursor), axis.unit)}`}</dt>
              <dd />
              {lines.map(({ label, value, color }) => (
                <TipLine key={label} label={label} value={value} color={color} />
              ))}
            </dl>
          )}
        </>
      )}
    </div>
  )
}

const TipLine = ({ label, value, color }: TooltipLine) => (
  <>
    <dt>
      <span className="tip-dot" style={{ background: color ? `var(${color})` : 'transparent' }} />
      {label}
    </dt>
    <dd>{value}</dd>
  </>
)
