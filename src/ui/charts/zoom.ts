/** Ranges of steps as the zoom buttons change them. */

export type StepRange = readonly [from: number, to: number]

/** Fewest steps a zoomed range holds. */
const fewest = 2

function placed(from: number, width: number, end: number): StepRange | null {
  if (width >= end) return null
  const start = Math.min(end - width, Math.max(0, Math.round(from)))
  return [start, start + width]
}

/** The range `factor` times as wide around its middle, inside [0, end]; null when that is everything. */
export function scaled(range: StepRange | null, end: number, factor: number): StepRange | null {
  const [from, to] = range ?? [0, end]
  const width = Math.max(fewest, Math.round((to - from) * factor))
  return placed((from + to - width) / 2, width, end)
}

/** The range moved by a share of its width, inside [0, end]. */
export function moved(range: StepRange, end: number, share: number): StepRange | null {
  const width = range[1] - range[0]
  return placed(range[0] + share * width, width, end)
}
