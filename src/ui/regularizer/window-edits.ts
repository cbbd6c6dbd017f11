/**
 * Edits of the schedule by hand, as values. Windows are in the order of epochs and never overlap: an edit that would make them
 * stops at the neighbor. Epochs are snapped to whole ones, or to tenths (`step` 0.1).
 */
import type { Window } from '../../config/fields.ts'

/** The changed windows, and the index of the one that was edited. */
export interface Edit {
  readonly windows: readonly Window[]
  readonly index: number
}

export type Snap = 1 | 0.1

export const inOrder = (windows: readonly Window[]): readonly Window[] =>
  [...windows].sort((a, b) => a.fromEpoch - b.fromEpoch)

/** Without the noise of sums of tenths. */
const tidy = (epoch: number) => Number(epoch.toFixed(4))

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

export const snapped = (epoch: number, step: Snap): number => tidy(Math.round(epoch / step) * step)

/** The end of the window before the one at `index`, or 0. */
const floorOf = (windows: readonly Window[], index: number) => windows[index - 1]?.toEpoch ?? 0

/** The beginning of the window after the one at `index`; after the last one the end of the run, or the window's own end behind it. */
const ceilingOf = (windows: readonly Window[], index: number, epochs: number) =>
  windows[index + 1]?.fromEpoch ?? Math.max(epochs, windows[index]?.toEpoch ?? 0)

const replaced = (windows: readonly Window[], index: number, change: Partial<Window>): Edit => ({
  windows: windows.map((window, i) => (i === index ? { ...window, ...change } : window)),
  index,
})

/** The gap between windows that contains an epoch, with the index that a window there gets; null within a window. */
function gapAt(windows: readonly Window[], epoch: number, epochs: number) {
  if (windows.some(({ fromEpoch, toEpoch }) => epoch >= fromEpoch && epoch < toEpoch)) return null
  const next = windows.findIndex(({ fromEpoch }) => fromEpoch > epoch)
  const index = next < 0 ? windows.length : next
  const gap = { index, low: floorOf(windows, index), high: windows[index]?.fromEpoch ?? epochs }
  return gap.low < gap.high ? gap : null
}

/**
 * A new window from one epoch to another, in any order, cut to the gap in which the drawing began. A short stroke marks the
 * whole epoch (or tenth) around it. Null where there is no gap.
 */
export function drawn(
  windows: readonly Window[],
  [start, end]: readonly [number, number],
  epochs: number,
  alpha: number,
  step: Snap = 1,
): Edit | null {
  const gap = gapAt(windows, clamp(start, 0, epochs), epochs)
  if (!gap) return null
  const [low, high] = start < end ? [start, end] : [end, start]
  const near = [snapped(low, step), snapped(high, step)]
  const [from, to] =
    near[0] < near[1] ? near : [tidy(Math.floor(low / step) * step), tidy(Math.ceil(high / step) * step)]
  const window = { fromEpoch: clamp(from, gap.low, gap.high), toEpoch: clamp(to, gap.low, gap.high), alpha }
  if (window.fromEpoch >= window.toEpoch) return null
  return { windows: windows.toSpliced(gap.index, 0, window), index: gap.index }
}

/** Moves one edge of a window to an epoch. The window keeps at least a step. */
export function resized(
  windows: readonly Window[],
  index: number,
  edge: 'from' | 'to',
  epoch: number,
  epochs: number,
  step: Snap = 1,
): Edit {
  const { fromEpoch, toEpoch } = windows[index]
  const least = Math.min(step, toEpoch - fromEpoch)
  const wanted = snapped(epoch, step)
  if (edge === 'from') {
    return replaced(windows, index, { fromEpoch: clamp(wanted, floorOf(windows, index), tidy(toEpoch - least)) })
  }
  return replaced(windows, index, {
    toEpoch: clamp(wanted, tidy(fromEpoch + least), ceilingOf(windows, index, epochs)),
  })
}

/** Moves a window so that it begins at an epoch. It keeps its length. */
export function moved(
  windows: readonly Window[],
  index: number,
  fromEpoch: number,
  epochs: number,
  step: Snap = 1,
): Edit {
  const length = windows[index].toEpoch - windows[index].fromEpoch
  const highest = ceilingOf(windows, index, epochs) - length
  const from = tidy(clamp(snapped(fromEpoch, step), floorOf(windows, index), highest))
  return replaced(windows, index, { fromEpoch: from, toEpoch: tidy(from + length) })
}

export const withAlpha = (windows: readonly Window[], index: number, alpha: number): Edit =>
  replaced(windows, index, { alpha })

export const removed = (windows: readonly Window[], index: number): readonly Window[] => windows.toSpliced(index, 1)

/** The longest new window. */
const newLength = 5

/** A new window after the last one, else in the longest gap; null where the windows fill the run. */
export function added(windows: readonly Window[], epochs: number, alpha: number): Edit | null {
  const gaps = [...windows, null]
    .map((_, index) => ({ index, low: floorOf(windows, index), high: windows[index]?.fromEpoch ?? epochs }))
    .filter(({ low, high }) => high > low)
  const last = gaps.find(({ index }) => index === windows.length)
  const gap =
    last ?? gaps.reduce<(typeof gaps)[number] | null>((a, b) => (a && a.high - a.low >= b.high - b.low ? a : b), null)
  if (!gap) return null
  const window = { fromEpoch: gap.low, toEpoch: Math.min(gap.high, gap.low + newLength), alpha }
  return { windows: windows.toSpliced(gap.index, 0, window), index: gap.index }
}

/** The strength of a new window: that of the last one, else one that is clearly visible in small networks. */
export const newStrength = (windows: readonly Window[]): number => Math.abs(windows.at(-1)?.alpha ?? 0) || 1
