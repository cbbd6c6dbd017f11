/** Square matrices of numbers from 0 to 1 as colored cells, side by side in one drawing. */

import { heatShare } from '../../plot/heat-share.ts'
import type { DrawingSize, PanelLayout } from '../../plot/panel-layout.ts'

export interface MatrixLayout extends PanelLayout {
  /** Side of a cell, in pixels. */
  readonly cell: number
}

const margins = { left: 60, right: 8, top: 24, bottom: 56, gap: 72 } as const
/** The largest side of a cell where the height is free. */
const largest = 26
const scaleHeight = 20

/** The layout of two matrices of `size` rows: side by side if there is room, else one below the other. */
export function matrixLayout(width: number, size: number, height: DrawingSize['room'] = null): MatrixLayout {
  const { left, right, top, bottom, gap } = margins
  const columns = width >= 520 ? 2 : 1
  const room = (width - left - right - (columns - 1) * gap) / columns
  const tall = height === null ? largest * size : (height - scaleHeight) / (2 / columns) - top - bottom
  const cell = Math.max(6, Math.floor(Math.min(room, tall) / size))
  const side = cell * size
  const step = top + side + bottom
  const boxes = [0, 1].map((i) => ({
    x: left + (i % columns) * (side + gap),
    y: top + Math.floor(i / columns) * step,
  }))
  return { width, height: (2 / columns) * step, columns, inner: { width: side, height: side }, boxes, cell }
}

interface MatricesProps {
  readonly layout: MatrixLayout
  /** Names of rows and columns. */
  readonly order: readonly string[]
  readonly shown: readonly { readonly title: string; readonly table: readonly (readonly number[])[] }[]
}

const small = { fontSize: 11, fill: 'var(--ink-2)' } as const

export function Matrices({ layout, order, shown }: MatricesProps) {
  const { width, height, boxes, cell, inner } = layout
  return (
    <svg data-plot="matrices" width={width} height={height} role="img" aria-label="Cross-layer correlation">
      {shown.map(({ title, table }, i) => (
        <g key={title} transform={`translate(${boxes[i].x} ${boxes[i].y})`}>
          <text y={-9} fontSize={12} fontWeight={600} fill="var(--ink)">
            {title}
          </text>
          {order.map((name, at) => (
            <g key={name}>
              <text x={-6} y={(at + 0.5) * cell} dy="0.32em" textAnchor="end" {...small}>
                {cell >= 10 || at % 2 === 0 ? name : ''}
              </text>
              <text
                transform={`translate(${(at + 0.5) * cell} ${inner.height + 6}) rotate(-90)`}
                dy="0.32em"
                textAnchor="end"
                {...small}
              >
                {cell >= 10 || at % 2 === 0 ? name : ''}
              </text>
            </g>
          ))}
          <Cells table={table} order={order} cell={cell} />
        </g>
      ))}
    </svg>
  )
}

interface CellsProps {
  readonly table: readonly (readonly number[])[]
  readonly order: readonly string[]
  readonly cell: number
}

/** The cells of a matrix. An undefined value has an outline and no color. */
const Cells = ({ table, order, cell }: CellsProps) => (
  <g fill="var(--heat-high)">
    {table.flatMap((row, i) =>
      row.map((value, j) => (
        <rect
          key={`${order[i]} ${order[j]}`}
          x={j * cell + 0.5}
          y={i * cell + 0.5}
          width={cell - 1}
          height={cell - 1}
          fillOpacity={Number.isFinite(value) ? heatShare(value, 1) : 0}
          stroke={Number.isFinite(value) ? 'none' : 'var(--line)'}
        />
      )),
    )}
  </g>
)

const steps = 24

/** The color scale, exported with the chart. */
export const MatrixScale = () => (
  <svg data-plot="scale" width="280" height="16" role="img" aria-label="Color scale of the correlation, from 0 to 1">
    <g {...small}>
      <text x={0} y={11}>
        absolute correlation
      </text>
      <text x={124} y={11} textAnchor="end">
        0
      </text>
      <text x={132 + steps * 5} y={11}>
        1
      </text>
    </g>
    <g fill="var(--heat-high)">
      {Array.from({ length: steps }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the steps of the scale are their indices
        <rect key={i} x={128 + i * 5} y={2} width={5} height={10} fillOpacity={heatShare(i / (steps - 1), 1)} />
      ))}
    </g>
  </svg>
)
