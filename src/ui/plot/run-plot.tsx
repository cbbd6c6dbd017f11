/** A plot on the x axis that all charts of a run share, with the shading of α, the common cursor and the common zoom. */
import { lab, useLab } from '../../store/lab.ts'
import type { AlphaSpan } from './alpha-spans.ts'
import { ForkMark, Shading } from './marks.tsx'
import { type OverlayShape, Plot, type PlotProps } from './plot.tsx'
import { PlotOverlay } from './plot-overlay.tsx'
import type { ReadoutValue } from './readout.tsx'
import { formatsX, formatX, type XAxisModel } from './x-axis.ts'

interface Props extends Pick<PlotProps, 'label' | 'height' | 'yLabel' | 'yAxis' | 'formatY' | 'children'> {
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
      formatX={formatsX[axis.unit]}
      overlay={(shape) => <Overlay {...shape} axis={axis} readout={readout} />}
    >
      <Shading spans={spans} at={axis.at} />
      {fork !== null && <ForkMark at={axis.at(fork)} />}
      {children}
    </Plot>
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
