/** What a press and a drag on the track of α do: draw a window, move it, or move one of its edges. */
import type { Window } from '../../config/fields.ts'
import { drawn, type Edit, moved, resized, type Snap } from './window-edits.ts'

/** What was pressed, and at which epoch. `alpha` is that of a window that is drawn. */
export type Gesture =
  | { readonly kind: 'draw'; readonly start: number; readonly alpha: number }
  | { readonly kind: 'move'; readonly index: number; readonly start: number }
  | { readonly kind: 'resize'; readonly index: number; readonly start: number; readonly edge: 'from' | 'to' }

/** The edit that a gesture makes when the pointer is at an epoch; null for none. */
export function editOf(
  gesture: Gesture,
  windows: readonly Window[],
  epoch: number,
  epochs: number,
  step: Snap,
): Edit | null {
  switch (gesture.kind) {
    case 'draw':
      return drawn(windows, [gesture.start, epoch], epochs, gesture.alpha, step)
    case 'move':
      return moved(windows, gesture.index, windows[gesture.index].fromEpoch + epoch - gesture.start, epochs, step)
    case 'resize':
      return resized(windows, gesture.index, gesture.edge, epoch, epochs, step)
    default:
      return gesture satisfies never
  }
}

/** The gesture that begins with a press on a part of the track: `bar 0`, `from 0` and `to 0` are parts of the first window. */
export function gestureAt(part: string | undefined, start: number, alpha: number): Gesture {
  const [name, number] = part?.split(' ') ?? []
  const index = Number(number)
  if (name === 'bar') return { kind: 'move', index, start }
  if (name === 'from' || name === 'to') return { kind: 'resize', index, start, edge: name }
  return { kind: 'draw', start, alpha }
}
