/** The color of a cell: opacity over the surface, which exported files draw like the page does. */

/** The opacity of a value, from 0.04 to 1. A cell with the value 0 stays visible. */
export const heatShare = (value: number, highest: number): number =>
  Math.round(1000 * (0.04 + 0.96 * Math.min(1, Math.max(0, value / highest)))) / 1000
