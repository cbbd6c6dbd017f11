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

/** Height of a name, in pixels. */
export const nameHeight = 14

/** A line's end in pixels, y downward, with the height of the middle of its name. */
export interface PlacedName<Name extends string = string> extends LineEnd<Name> {
  readonly at: number
}

/** The nearest values in ascending order, by pooling neighbors that are out of order. */
function ascending(values: readonly number[]): number[] {
  const pools: { mean: number; size: number }[] = []
  for (const value of values) {
    let pool = { mean: value, size: 1 }
    for (let last = pools.at(-1); last && last.mean > pool.mean; last = pools.at(-1)) {
      pools.pop()
      const size = last.size + pool.size
      pool = { mean: (last.mean * last.size + pool.mean * pool.size) / size, size }
    }
    pools.push(pool)
  }
  return pools.flatMap(({ mean, size }) => new Array<number>(size).fill(mean))
}

/**
 * Places names of line ends in pixels between `top` and `bottom` so that they do not overlap and are as near to their lines' ends as possible,
 * highest first. Where not all have room, the first of them are placed; the legend has all.
 */
export function placeNames<Name extends string>(
  ends: readonly LineEnd<Name>[],
  [top, bottom]: readonly [number, number],
): PlacedName<Name>[] {
  const room = Math.max(0, Math.floor((bottom - top) / nameHeight))
  const low = top + nameHeight / 2
  const sorted = ends
    .filter(({ y }) => Number.isFinite(y))
    .slice(0, room)
    .sort((a, b) => a.y - b.y)
  const high = bottom - nameHeight / 2 - Math.max(0, sorted.length - 1) * nameHeight
  const free = ascending(sorted.map(({ y }, i) => y - i * nameHeight))
  return sorted.map((end, i) => ({ ...end, at: Math.min(high, Math.max(low, free[i])) + i * nameHeight }))
}
