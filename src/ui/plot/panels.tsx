/** Small plots on the same axes side by side, in one drawing so that they are exported together. */
import { scaleLinear } from 'd3-scale'
import type { ReactNode } from 'react'
import { type PanelLayout, panelMargins } from './panel-layout.ts'
import { tenth } from './plot-scales.ts'
import { axisText, type Scale, XTicks, YGrid } from './svg-axes.tsx'
import type { YAxisModel } from './y-axis.ts'

export interface PanelAxis extends Pick<YAxisModel, 'domain' | 'ticks'> {
  readonly label: string
  readonly format: (value: number) => string
}

export interface PanelScales {
  readonly x: Scale
  readonly y: Scale
}

/** Scales from values to pixels inside a plot area. */
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
  /** The marks of a panel. The scales give pixels inside its plot area. */
  readonly draw: (index: number, scales: PanelScales) => ReactNode
}

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
            <text x={inner.width} y={-9} textAnchor="end" {...axisText}>
              {note}
            </text>
          )}
          <YGrid y={scales.y} ticks={y.ticks} width={inner.width} format={i % columns === 0 ? y.format : null} />
          <line y1={inner.height} x2={inner.width} y2={inner.height} stroke="var(--line-2)" />
          <XTicks x={scales.x} ticks={x.ticks} top={inner.height} format={x.format} />
          {draw(i, scales)}
        </g>
      ))}
      <text x={width - panelMargins.right} y={height - 4} textAnchor="end" {...axisText}>
        {x.label}
      </text>
      <text x={4} y={12} {...axisText}>
        {y.label}
      </text>
    </svg>
  )
}

/** Points as the `d` of a path, in tenths of a pixel. A value that is not finite breaks the line. */
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

/** The `d` of the area between two lines, from rows of x, lower and upper value. */
export const bandPath = (rows: readonly (readonly [number, number, number])[], scales: PanelScales): string => {
  if (rows.length === 0) return ''
  const upper = rows.map(([x, , high]) => [x, high] as const)
  const lower = rows.map(([x, low]) => [x, low] as const).reverse()
  return `${linePath([...upper, ...lower], scales)}Z`
}
