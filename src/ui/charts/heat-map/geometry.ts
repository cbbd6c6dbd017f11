/** The geometry of the heat map, in pixels. */

export const rowHeight = 14
/** Height of the strip for α above the cells. */
export const stripHeight = 8
export const heatMargins = { left: 60, right: 64, top: 6 + stripHeight, axis: 22, bottom: 18 } as const

/** Width of a cell if the columns from `first` to `last` share a drawing of `width`. */
export const cellWidth = (width: number, first: number, last: number): number =>
  (width - heatMargins.left - heatMargins.right) / (last - first + 1)

export const heatHeight = (rows: number): number =>
  rows * rowHeight + heatMargins.top + heatMargins.axis + heatMargins.bottom
