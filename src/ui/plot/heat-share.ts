/** The color of a cell: opacity over the surface, which exported files draw like the page does. */

/** Opacity of a value, 0.04 … 1: an empty cell still shows that it was measured. */
export const heatShare = (value: number, highest: number): number =>
  Math.round(1000 * (0.04 + 0.96 * Math.min(1, Math.max(0, value / highest)))) / 1000
