/** The track on which the schedule of α is drawn: windows by dragging, by keys, or by their numbers. */
import { type KeyboardEvent, type PointerEvent, useId, useRef, useState } from 'react'
import type { Window } from '../../config/fields.ts'
import { scheduleEdits } from '../../store/schedule-edits.ts'
import { undoByKey } from './schedule-buttons.tsx'
import { editOf, type Gesture, gestureAt } from './track-gesture.ts'
import { WindowBar, WindowShape } from './window-bar.tsx'
import { type Edit, inOrder, newStrength } from './window-edits.ts'
import { editOfKey } from './window-keys.ts'
import './alpha-track.css'

interface Props {
  readonly schedule: readonly Window[]
  readonly epochs: number
  /** The windows cannot change: a run trains, or the table of windows has a text that is refused. */
  readonly isLocked: boolean
  /** Shown while there are no windows. */
  readonly hint: string
}

/** A shorter drag, in pixels, is a click. */
const shortest = 4

interface Drag {
  readonly gesture: Gesture
  readonly x: number
  readonly edit: Edit | null
}

export function AlphaTrack({ schedule, epochs, isLocked, hint }: Props) {
  const windows = inOrder(schedule)
  const [drag, setDrag] = useState<Drag | null>(null)
  /** The window whose numbers are edited. */
  const [open, setOpen] = useState<number | null>(null)
  const track = useRef<HTMLDivElement>(null)
  const help = useId()
  const shown = drag?.edit?.windows ?? windows
  /** The window at an index, or the track when there is none. */
  const focusWindow = (index: number) =>
    requestAnimationFrame(() => {
      const bar = track.current?.querySelectorAll<HTMLElement>('.window-bar')[index]
      ;(bar ?? track.current)?.focus()
    })
  const key = (event: KeyboardEvent, index: number) => {
    const edit = event.ctrlKey || event.metaKey || event.altKey ? null : editOfKey(event, windows, index, epochs)
    if (!edit || isLocked) return
    event.preventDefault()
    scheduleEdits.edit(edit.windows)
    if (edit.windows.length < windows.length) focusWindow(edit.index)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a legend and other styles
    <div
      ref={track}
      className={isLocked ? 'alpha-track' : 'alpha-track editable'}
      role="group"
      aria-label="Windows of α"
      tabIndex={-1}
      onKeyDown={undoByKey}
      {...(isLocked ? {} : pointerHandlers({ windows, epochs, drag, setDrag, setOpen }))}
    >
      <span className="alpha-zero" />
      {shown.length === 0 && <span className="alpha-hint quiet">{hint}</span>}
      {drag?.edit
        ? shown.map((window, i) => (
            <WindowShape key={window.fromEpoch} window={window} epochs={epochs} isLabelled={i === drag.edit?.index} />
          ))
        : windows.map((_, i) => (
            <WindowBar
              // The order of windows changes only when one is added or removed.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              key={i}
              index={i}
              windows={windows}
              epochs={epochs}
              isLocked={isLocked}
              helpId={help}
              isOpen={open === i}
              onOpen={(isOpen) => setOpen(isOpen ? i : null)}
              onKeyDown={(event) => key(event, i)}
            />
          ))}
      <span id={help} hidden>
        Arrow left and right move the window; with Shift they move its end. Arrow up and down change α. Enter opens its
        numbers. Delete removes it.
      </span>
    </div>
  )
}

interface PointerState {
  readonly windows: readonly Window[]
  readonly epochs: number
  readonly drag: Drag | null
  readonly setDrag: (drag: Drag | null) => void
  readonly setOpen: (index: number | null) => void
}

/** Dragging draws, moves and resizes. A click on a window, and the end of a drawing, open the numbers of the window. */
function pointerHandlers({ windows, epochs, drag, setDrag, setOpen }: PointerState) {
  const place = (event: PointerEvent<HTMLDivElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
    return { epoch: ((event.clientX - left) / width) * epochs, isAbove: event.clientY < top + height / 2 }
  }
  return {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      if (event.button !== 0 || !(event.target instanceof Element) || !event.currentTarget.contains(event.target))
        return
      const { epoch, isAbove } = place(event)
      const part = event.target.closest<HTMLElement>('[data-part]')?.dataset.part
      const gesture = gestureAt(part, epoch, newStrength(windows) * (isAbove ? 1 : -1))
      event.currentTarget.setPointerCapture(event.pointerId)
      setDrag({ gesture, x: event.clientX, edit: null })
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      if (!drag || (!drag.edit && Math.abs(event.clientX - drag.x) < shortest)) return
      const step = event.altKey ? 0.1 : 1
      setDrag({ ...drag, edit: editOf(drag.gesture, windows, place(event).epoch, epochs, step) })
    },
    onPointerUp: () => {
      setDrag(null)
      if (!drag) return
      const { gesture, edit } = drag
      if (edit) scheduleEdits.edit(edit.windows)
      if (edit ? gesture.kind === 'draw' : gesture.kind !== 'draw') setOpen(edit?.index ?? indexOf(gesture))
    },
    onPointerCancel: () => setDrag(null),
  }
}

const indexOf = (gesture: Gesture) => (gesture.kind === 'draw' ? null : gesture.index)
