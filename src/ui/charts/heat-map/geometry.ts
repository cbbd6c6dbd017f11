/** Where the heat map's cells are, in pixels. */

export const rowHeight = 14
/** Above the cells: the strip that shows α. */
export const stripHeight = 8
export const heatMargins = { left: 60, right: 64, top: 6 + stripHeight, axis: 22, bottom: 18 } as const

/** Columns `first` … `last` share a drawing of `width`. */
export const cellWidth = (width: number, first: number, last: number): number =>
  (width - heatMargins.left - heatMargins.right) / (last - first + 1)

export const heatHeight = (rows: number): number =>
  rows * rowHeight + heatMargins.top + heatMargins.axis + heatMargins.bottom
