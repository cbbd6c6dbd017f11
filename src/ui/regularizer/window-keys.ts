/** What the keys do on a window of the track of α. */
import type { Window } from '../../config/fields.ts'
import { nextStop } from './scale.ts'
import { type Edit, moved, removed, resized, withAlpha } from './window-edits.ts'

/** The edit of a key; null for a key without one. After Delete the next window is edited, if there is one. */
export function editOfKey(
  { key, shiftKey }: { readonly key: string; readonly shiftKey: boolean },
  windows: readonly Window[],
  index: number,
  epochs: number,
): Edit | null {
  const { fromEpoch, toEpoch, alpha } = windows[index]
  const by = (epochsBy: number) =>
    shiftKey
      ? resized(windows, index, 'to', toEpoch + epochsBy, epochs)
      : moved(windows, index, fromEpoch + epochsBy, epochs)
  switch (key) {
    case 'ArrowLeft':
      return by(-1)
    case 'ArrowRight':
      return by(1)
    case 'ArrowUp':
      return withAlpha(windows, index, nextStop(alpha, 1))
    case 'ArrowDown':
      return withAlpha(windows, index, nextStop(alpha, -1))
    case 'Delete':
    case 'Backspace':
      return { windows: removed(windows, index), index: Math.min(index, windows.length - 2) }
    default:
      return null
  }
}
