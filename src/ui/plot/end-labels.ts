/** Names at the ends of lines, moved apart where the ends are close. */
import type { PlotRow } from './y-axis.ts'

export interface LineEnd<Name extends string = string> {
  readonly name: Name
  readonly x: number
  readonly y: number
}

type Point = readonly [x: number, y: number]

/** The points of a line, by the rows' key. Skips rows without the key. */
export const pointsOf = (rows: readonly PlotRow[], key: string): Point[] =>
  rows.flatMap((row): Point[] => {
    const value = row[key]
    return typeof value === 'number' ? [[row.x, value]] : []
  })

/** The point where a line over ascending x leaves [from, to] on the right; null if no part of the line is inside. */
export function lineEnd<Name extends string>(
  name: Name,
  points: readonly Point[],
  [from, to]: readonly [number, number],
): LineEnd<Name> | null {
  const after = points.findIndex(([x]) => x > to)
  if (after < 0) {
    const last = points.at(-1)
    return last && last[0] >= from ? { name, x: last[0], y: last[1] } : null
  }
  if (after === 0) return null
  const [[x0, y0], [x1, y1]] = [points[after - 1], points[after]]
  return { name, x: to, y: y0 + ((to - x0) / (x1 - x0)) * (y1 - y0) }
}

/** Smallest distance between two names, in pixels. */
const gap = 14

/**
 * Places names so that they do not overlap, highest line first. `shift` is the distance in pixels from the line's end down
 * to its name. `pixels` is the height of one unit of y.
 */
export function endLabels<Name extends string>(
  ends: readonly LineEnd<Name>[],
  pixels: number,
): (LineEnd<Name> & { readonly shift: number })[] {
  let previous = Number.NEGATIVE_INFINITY
  return [...ends]
    .sort((a, b) => b.y - a.y)
    .map((end) => {
      const natural = -end.y * pixels
      previous = Math.max(natural, previous + gap)
      return { ...end, shift: previous - natural }
    })
}
