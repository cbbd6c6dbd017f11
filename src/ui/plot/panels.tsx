/** Small plots of the same axes side by side, as one drawing that is exported as a whole. */
import { type ScaleLinear, scaleLinear } from 'd3-scale'
import type { ReactNode } from 'react'
import { type PanelLayout, panelMargins } from './panel-layout.ts'
import type { YAxisModel } from './y-axis.ts'

export interface PanelAxis extends Pick<YAxisModel, 'domain' | 'ticks'> {
  readonly label: string
  readonly format: (value: number) => string
}

type Scale = ScaleLinear<number, number>

export interface PanelScales {
  readonly x: Scale
  readonly y: Scale
}

/** From values to pixels inside a plot area. */
export const panelScales = ({ inner }: PanelLayout, x: PanelAxis, y: PanelAxis): PanelScales => ({
  x: scaleLinear([...x.domain], [0, inner.width]),
  y: scaleLinear([...y.domain], [inner.height, 0]),
})

interface PanelsProps {
  /** The drawing's accessible name. */
  readonly label: string
  readonly layout: PanelLayout
  readonly x: PanelAxis
  readonly y: PanelAxis
  readonly panels: readonly { readonly key: string; readonly title: string; readonly note?: string }[]
  /** What a panel shows, in pixels of its plot area. */
  readonly draw: (index: number, scales: PanelScales) => ReactNode
}

const small = { fontSize: 12, fill: 'var(--ink-2)' } as const

export function Panels({ label, layout, x, y, panels, draw }: PanelsProps) {
  const scales = panelScales(layout, x, y)
  const { width, height, columns, boxes, inner } = layout
  return (
    <svg data-plot="panels" width={width} height={height} role="img" aria-label={label}>
      {panels.map(({ key, title, note }, i) => (
        <g key={key} transform={`translate(${boxes[i].x} ${boxes[i].y})`}>
          <text y={-9} fontSize={12} fontWeight={600} fill="var(--ink)">
            {title}
          </text>
          {note && (
            <text x={inner.width} y={-9} textAnchor="end" {...small}>
              {note}
            </text>
          )}
          <Frame scales={scales} inner={inner} x={x} y={y} labelled={i % columns === 0} />
          {draw(i, scales)}
        </g>
      ))}
      <text x={width - panelMargins.right} y={height - 4} textAnchor="end" {...small}>
        {x.label}
      </text>
      <text
        transform={`translate(12 ${panelMargins.top + inner.height / 2}) rotate(-90)`}
        textAnchor="middle"
        {...small}
      >
        {y.label}
      </text>
    </svg>
  )
}

interface FrameProps extends Pick<PanelsProps, 'x' | 'y'> {
  readonly scales: PanelScales
  readonly inner: PanelLayout['inner']
  /** With numbers on the y axis. */
  readonly labelled: boolean
}

function Frame({ scales, inner, x, y, labelled }: FrameProps) {
  return (
    <>
      {y.ticks.map((tick) => (
        <g key={tick} transform={`translate(0 ${scales.y(tick)})`}>
          <line x2={inner.width} stroke={tick === 0 ? 'var(--line-2)' : 'var(--grid)'} />
          {labelled && (
            <text x={-6} dy="0.32em" textAnchor="end" {...small}>
              {y.format(tick)}
            </text>
          )}
        </g>
      ))}
      <line y1={inner.height} x2={inner.width} y2={inner.height} stroke="var(--line-2)" />
      {x.ticks.map((tick) => (
        <g key={tick} transform={`translate(${scales.x(tick)} ${inner.height})`}>
          <line y2={4} stroke="var(--line-2)" />
          <text y={16} textAnchor="middle" {...small}>
            {x.format(tick)}
          </text>
        </g>
      ))}
    </>
  )
}

const tenth = (value: number) => Math.round(10 * value) / 10

/** Points as the `d` of a path, in pixels to a tenth; what is no number breaks the line. */
export const linePath = (points: readonly (readonly [number, number])[], { x, y }: PanelScales): string => {
  let pen = 'M'
  return points
    .map(([a, b]) => {
      if (!Number.isFinite(a) || !Number.isFinite(b)) {
        pen = 'M'
        return ''
      }
      const move = `${pen}${tenth(x(a))},${tenth(y(b))}`
      pen = 'L'
      return move
    })
    .join('')
}

/** An area between two lines over the same x. */
export const bandPath = (rows: readonly (readonly [number, number, number])[], scales: PanelScales): string => {
  if (rows.length === 0) return ''
  const upper = rows.map(([x, , high]) => [x, high] as const)
  const lower = rows.map(([x, low]) => [x, low] as const).reverse()
  return `${linePath([...upper, ...lower], scales)}Z`
}
