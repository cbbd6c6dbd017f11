/** Changes of the zoomed range by the zoom buttons. */

/** A range in the unit of the axis, such as steps. */
export type ZoomRange = readonly [from: number, to: number]

/** The space that a range lies in, from 0 to `end`. */
export interface ZoomSpace {
  readonly end: number
  /** The smallest change of a range, such as one step. */
  readonly grain: number
}

/** The smallest width of a range, in grains. */
const fewest = 2

const inGrains = (value: number, { grain }: ZoomSpace) => Math.round(value / grain) * grain

function placed(from: number, width: number, space: ZoomSpace): ZoomRange | null {
  const { end } = space
  if (width >= end) return null
  const start = Math.min(end - width, Math.max(0, inGrains(from, space)))
  return [start, start + width]
}

/** The range `factor` times as wide around its middle, inside [0, end]. Null if it covers everything. */
export function scaled(range: ZoomRange | null, space: ZoomSpace, factor: number): ZoomRange | null {
  const [from, to] = range ?? [0, space.end]
  const width = Math.max(fewest * space.grain, inGrains((to - from) * factor, space))
  return placed((from + to - width) / 2, width, space)
}

/** The range moved by a share of its width, inside [0, end]. */
export function moved(range: ZoomRange, space: ZoomSpace, share: number): ZoomRange | null {
  const width = range[1] - range[0]
  return placed(range[0] + share * width, width, space)
}
