/** The layout of panels: small plots on the same axes, in rows. */

export interface PanelBox {
  /** Left and top of the plot area, in pixels. */
  readonly x: number
  readonly y: number
}

export interface PanelLayout {
  readonly width: number
  readonly height: number
  readonly columns: number
  /** Size of a plot area, in pixels. */
  readonly inner: { readonly width: number; readonly height: number }
  readonly boxes: readonly PanelBox[]
}

export const panelMargins = { left: 56, right: 12, top: 24, gap: 22, ticks: 20, label: 18 } as const

const narrowest = 140
const innerHeight = 150

/** The number of columns that fit. Four panels get two columns rather than three. */
function columnsOf(width: number, count: number): number {
  const { left, right, gap } = panelMargins
  const room = Math.max(1, Math.floor((width - left - right + gap) / (narrowest + gap)))
  const columns = Math.min(count, room)
  return count === 4 && columns === 3 ? 2 : columns
}

export function panelLayout(width: number, count: number): PanelLayout {
  const { left, right, top, gap, ticks, label } = panelMargins
  const columns = columnsOf(width, count)
  const rows = Math.ceil(count / columns)
  const inner = { width: Math.max(1, (width - left - right - (columns - 1) * gap) / columns), height: innerHeight }
  const step = top + inner.height + ticks
  const boxes = Array.from({ length: count }, (_, i) => ({
    x: left + (i % columns) * (inner.width + gap),
    y: Math.floor(i / columns) * step + top,
  }))
  return { width, height: rows * step + label, columns, inner, boxes }
}
