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

/** `head`: the line above all panels with the meaning of the y axis. `top`: the title of each panel. */
export const panelMargins = { left: 44, right: 12, head: 18, top: 24, gap: 22, ticks: 20, label: 18 } as const

export interface DrawingSize {
  readonly width: number
  /** The height to fill, in pixels; null for the usual height. */
  readonly room: number | null
}

/** The height of the readout above panels, in pixels. */
export const readoutRoom = 36

const narrowest = 140
const innerHeight = 150
const lowest = 80

/** The number of columns that fit. Four panels get two columns rather than three. */
function columnsOf(width: number, count: number): number {
  const { left, right, gap } = panelMargins
  const room = Math.max(1, Math.floor((width - left - right + gap) / (narrowest + gap)))
  const columns = Math.min(count, room)
  return count === 4 && columns === 3 ? 2 : columns
}

export function panelLayout(width: number, count: number, room: DrawingSize['room'] = null): PanelLayout {
  const { left, right, head, top, gap, ticks, label } = panelMargins
  const columns = columnsOf(width, count)
  const rows = Math.ceil(count / columns)
  const free = room === null ? innerHeight : (room - head - label) / rows - top - ticks
  const inner = {
    width: Math.max(1, (width - left - right - (columns - 1) * gap) / columns),
    height: Math.max(lowest, Math.floor(free)),
  }
  const step = top + inner.height + ticks
  const boxes = Array.from({ length: count }, (_, i) => ({
    x: left + (i % columns) * (inner.width + gap),
    y: head + Math.floor(i / columns) * step + top,
  }))
  return { width, height: head + rows * step + label, columns, inner, boxes }
}
