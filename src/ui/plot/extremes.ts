/** Smallest and largest values of ranges of a line, without looking at each value. */
import { folded } from '../../runs/fold.ts'
import type { Run, StepKey } from '../../runs/reduce.ts'

/** The first index of the smallest and of the largest finite value in [from, to); null without one. */
export type Extremes = (from: number, to: number) => Extreme | null

export interface Extreme {
  low: number
  high: number
}

/** Takes a value into the extremes so far: of equal values, the first counts. */
function take(extreme: Extreme | null, values: ArrayLike<number>, i: number): Extreme | null {
  if (!Number.isFinite(values[i])) return extreme
  if (!extreme) return { low: i, high: i }
  if (values[i] < values[extreme.low]) extreme.low = i
  else if (values[i] > values[extreme.high]) extreme.high = i
  return extreme
}

/** Looks at each value. */
export const scanned =
  (values: ArrayLike<number>): Extremes =>
  (from, to) => {
    let extreme: Extreme | null = null
    for (let i = from; i < to; i++) extreme = take(extreme, values, i)
    return extreme
  }

/** A block has this many values, or blocks of the level below. */
const fan = 4
const levels = [1, 2, 3, 4, 5, 6, 7, 8].map((level) => fan ** level)

/** The extremes of each block of each level: of the values so far, where the block is not complete. */
type Blocks = (Extreme | null)[][]

function addRow(blocks: Blocks, values: ArrayLike<number>, i: number): void {
  for (const [level, size] of levels.entries()) {
    const block = Math.floor(i / size)
    blocks[level][block] = take(blocks[level][block] ?? null, values, i)
  }
}

/** The largest block that begins at `at` and ends before `to`; null where there is only the value. */
function blockAt(at: number, to: number): number | null {
  let level = 0
  while (level < levels.length && at % levels[level] === 0 && at + levels[level] <= to) level++
  return level === 0 ? null : level - 1
}

function inBlocks(blocks: Blocks, values: ArrayLike<number>, from: number, to: number): Extreme | null {
  let extreme: Extreme | null = null
  let at = from
  while (at < to) {
    const level = blockAt(at, to)
    const own = level === null ? null : blocks[level][at / levels[level]]
    if (level === null) extreme = take(extreme, values, at)
    if (own) extreme = take(take(extreme, values, own.low), values, own.high)
    at += level === null ? 1 : levels[level]
  }
  return extreme
}

const extremesBy = new Map<StepKey, (steps: Run['steps']) => Extremes>()

const extremesFold = (key: StepKey) =>
  folded<StepKey, Blocks, Extremes>({
    begin: () => levels.map(() => []),
    add: (blocks, columns, from) => {
      const values = columns.column(key)
      for (let i = from; i < values.length; i++) addRow(blocks, values, i)
    },
    result: (blocks, columns) => {
      const values = columns.column(key)
      return (from, to) => inBlocks(blocks, values, from, Math.min(to, values.length))
    },
  })

/** The extremes of a column of a run's steps, with the work of the steps since the last call. */
export function columnExtremes(steps: Run['steps'], key: StepKey): Extremes {
  const own = extremesBy.get(key) ?? extremesFold(key)
  extremesBy.set(key, own)
  return own(steps)
}
