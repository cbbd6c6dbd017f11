/** A plot on the x axis that all charts of a run share, with the shading of α, the common cursor and the common zoom. */
import { lab, useLab } from '../../store/lab.ts'
import type { AlphaSpan } from './alpha-spans.ts'
import { type OverlayShape, Plot, type PlotProps } from './plot.tsx'
import { PlotOverlay } from './plot-overlay.tsx'
import { usePlotSpace } from './plot-space.ts'
import type { ReadoutValue } from './readout.tsx'
import { axisText } from './svg-axes.tsx'
import { formatX, type XAxisModel } from './x-axis.ts'

interface Props extends Pick<PlotProps, 'label' | 'height' | 'rows' | 'yLabel' | 'yAxis' | 'formatY' | 'children'> {
  readonly axis: XAxisModel
  /** Spans of steps to shade. */
  readonly spans: readonly AlphaSpan[]
  /** The step at which the run left its parent; null for a run that is no fork. */
  readonly fork?: number | null
  /** The values at a step. */
  readonly readout: (step: number) => readonly ReadoutValue[]
}

export function RunPlot({ axis, spans, fork = null, readout, children, ...plot }: Props) {
  return (
    <Plot
      {...plot}
      xDomain={axis.domain}
      xLabel={axis.label}
      formatX={(value) => formatX(value, axis.unit)}
      overlay={(shape) => <Overlay {...shape} axis={axis} readout={readout} />}
    >
      {spans.map(({ from, to, alpha }) => (
        <Shade
          key={from}
          from={axis.at(from)}
          to={axis.at(to)}
          fill={alpha < 0 ? 'var(--alpha-against)' : 'var(--alpha-for)'}
        />
      ))}
      {fork !== null && <ForkMark x={axis.at(fork)} />}
      {children}
    </Plot>
  )
}

interface ShadeProps {
  readonly from: number
  readonly to: number
  readonly fill: string
}

/** Shades the plot area between two positions. */
function Shade({ from, to, fill }: ShadeProps) {
  const { x, left, right, top, bottom } = usePlotSpace()
  const [start, end] = [from, to].map((at) => Math.min(right, Math.max(left, x(at))))
  if (end <= start) return null
  return (
    <rect
      className="alpha-shade"
      x={start}
      y={top}
      width={end - start}
      height={bottom - top}
      fill={fill}
      fillOpacity={0.1}
    />
  )
}

/** Where the curves of a fork leave those of its parent. */
function ForkMark({ x: at }: { readonly x: number }) {
  const { x, left, right, top, bottom } = usePlotSpace()
  const pixel = x(at)
  if (pixel < left || pixel > right) return null
  return (
    <g>
      <line x1={pixel} x2={pixel} y1={top} y2={bottom} stroke="var(--ink-2)" strokeDasharray="4 3" />
      <text x={pixel - 5} y={top + 14} textAnchor="end" {...axisText}>
        fork
      </text>
    </g>
  )
}

/** Cursor and zoom of all charts are steps in the view's state. Without a cursor the values are those of the shown moment. */
function Overlay({ axis, readout, ...shape }: OverlayShape & Pick<Props, 'axis' | 'readout'>) {
  const cursor = useLab((state) => state.view.cursor)
  const moment = useLab((state) => state.view.moment)
  const step = cursor ?? moment ?? axis.last
  const zoom = (range: readonly [number, number] | null) => {
    if (!range) return lab.setView({ range })
    const [from, to] = range.map(axis.stepAt)
    lab.setView({ range: [from, Math.max(to, from + 1)] })
  }
  return (
    <PlotOverlay
      {...shape}
      cursor={cursor === null ? null : axis.at(cursor)}
      moment={moment === null ? null : axis.at(moment)}
      title={`${axis.label} ${formatX(axis.at(step), axis.unit)}`}
      lines={readout(step)}
      onCursor={(x) => lab.setView({ cursor: x === null ? null : axis.stepAt(x) })}
      onZoom={zoom}
    />
  )
}
