/** Zoomed ranges as the buttons change them. */

/** In steps, or whatever the axis counts. */
export type ZoomRange = readonly [from: number, to: number]

/** What a range lies in. */
export interface ZoomSpace {
  readonly end: number
  /** The least that a range moves by: a step. */
  readonly grain: number
}

/** Fewest grains that a zoomed range holds. */
const fewest = 2

const inGrains = (value: number, { grain }: ZoomSpace) => Math.round(value / grain) * grain

function placed(from: number, width: number, space: ZoomSpace): ZoomRange | null {
  const { end } = space
  if (width >= end) return null
  const start = Math.min(end - width, Math.max(0, inGrains(from, space)))
  return [start, start + width]
}

/** The range `factor` times as wide around its middle, inside [0, end]; null when that is everything. */
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
