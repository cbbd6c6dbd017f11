/** The geometry of the heat map, in pixels. */

const [lowestRow, highestRow] = [10, 64] as const
/** Few sites get higher rows. */
const usualRow = (rows: number) => (rows <= 8 ? 22 : 14)
/** Height of the strip for α above the cells. */
export const stripHeight = 8
export const heatMargins = { left: 60, right: 64, top: 6 + stripHeight, axis: 22, bottom: 18 } as const

/** Width of a cell if the columns from `first` to `last` share a drawing of `width`. */
export const cellWidth = (width: number, first: number, last: number): number =>
  (width - heatMargins.left - heatMargins.right) / (last - first + 1)

export const heatHeight = (rows: number, rowHeight: number): number =>
  rows * rowHeight + heatMargins.top + heatMargins.axis + heatMargins.bottom

/** Height of a row, so that the heat map fills `room` pixels; the usual height for null. */
export const rowHeightOf = (rows: number, room: number | null): number =>
  room === null
    ? usualRow(rows)
    : Math.min(highestRow, Math.max(lowestRow, Math.floor((room - heatHeight(rows, 0)) / rows)))
