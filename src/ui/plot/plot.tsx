/** One drawing on the x axis that all charts of a run share: recharts below, the synchronized cursor and zoom above. */
import type { ReactNode } from 'react'
import { Line, ReferenceArea } from 'recharts'
import { setView, useLab } from '../../store/lab.ts'
import type { AlphaSpan } from './alpha-spans.ts'
import { PlotFrame } from './plot-frame.tsx'
import { PlotOverlay } from './plot-overlay.tsx'
import type { TooltipLine } from './tip.tsx'
import { useWidth } from './use-width.ts'
import { formatX, type XAxisModel } from './x-axis.ts'
import type { YAxisModel } from './y-axis.ts'

interface Props {
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

/** recharts draws no axis without something on it: the corners of the plot, invisible. */
const corners = ({ domain: x }: XAxisModel, { domain: y }: YAxisModel) => x.map((at, i) => ({ x: at, y: y[i] }))

export function Plot(props: Props) {
  const [width, ref] = useWidth()
  return (
    <div className="plot" ref={ref} style={{ height: props.height }}>
      {width > 0 && <Drawing {...props} width={width} />}
      {width > 0 && <Overlay {...props} width={width} />}
    </div>
  )
}

function Drawing({ axis, rows, spans, children, ...frame }: Props & { readonly width: number }) {
  return (
    <PlotFrame
      {...frame}
      rows={rows ?? corners(axis, frame.yAxis)}
      xDomain={axis.domain}
      xLabel={axis.label}
      formatX={(value) => formatX(value, axis.unit)}
    >
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
      {children}
      {!rows && <Line dataKey="y" stroke="none" dot={false} activeDot={false} isAnimationActive={false} />}
    </PlotFrame>
  )
}

/** The cursor is that of all charts, in steps; so is the range. */
function Overlay({ axis, width, height, readout }: Props & { readonly width: number }) {
  const cursor = useLab((state) => state.view.cursor)
  const zoom = (range: readonly [number, number] | null) => {
    if (!range) return setView({ range })
    const [from, to] = range.map(axis.stepAt)
    setView({ range: [from, Math.max(to, from + 1)] })
  }
  return (
    <PlotOverlay
      width={width}
      height={height}
      xDomain={axis.domain}
      cursor={cursor === null ? null : axis.at(cursor)}
      title={cursor === null ? '' : `${axis.label} ${formatX(axis.at(cursor), axis.unit)}`}
      lines={cursor === null ? [] : readout(cursor)}
      onCursor={(x) => setView({ cursor: x === null ? null : axis.stepAt(x) })}
      onZoom={zoom}
    />
  )
}
