/** Adds a window of α, and undoes and redoes edits of the schedule. */
import type { KeyboardEvent } from 'react'
import { Button } from 'react-aria-components'
import type { Window } from '../../config/fields.ts'
import { scheduleEdits, useScheduleHistory } from '../../store/schedule-edits.ts'
import { added, inOrder, newStrength } from './window-edits.ts'

interface Props {
  readonly schedule: readonly Window[]
  readonly epochs: number
  readonly isLocked: boolean
}

export function ScheduleButtons({ schedule, epochs, isLocked }: Props) {
  const windows = inOrder(schedule)
  const edit = added(windows, epochs, -newStrength(windows))
  return (
    <span className="button-row schedule-buttons">
      <Button
        className="button quiet-button"
        isDisabled={isLocked || edit === null}
        onPress={() => edit && scheduleEdits.edit(edit.windows)}
      >
        Add a window
      </Button>
      <UndoButtons isLocked={isLocked} />
    </span>
  )
}

/** Undo and redo, once there is something to undo or redo. */
export function UndoButtons({ isLocked }: Pick<Props, 'isLocked'>) {
  const { past, future } = useScheduleHistory()
  if (past.length + future.length === 0) return null
  return (
    <>
      <Button
        className="button icon-button"
        aria-label="Undo the change of the windows"
        isDisabled={isLocked || past.length === 0}
        onPress={scheduleEdits.undo}
      >
        <UndoIcon />
      </Button>
      <Button
        className="button icon-button"
        aria-label="Redo the change of the windows"
        isDisabled={isLocked || future.length === 0}
        onPress={scheduleEdits.redo}
      >
        <UndoIcon isRedo />
      </Button>
    </>
  )
}

const UndoIcon = ({ isRedo = false }: { readonly isRedo?: boolean }) => (
  <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" className={isRedo ? 'mirrored' : undefined}>
    <path d="M5 1.5 2 4.5l3 3M2 4.5h6a4 4 0 0 1 0 8H5" fill="none" stroke="currentColor" strokeWidth="1.5" />
  </svg>
)

/** Ctrl+Z and Ctrl+Shift+Z (⌘ on a Mac) within an editor of the schedule. In a field they belong to its text. */
export function undoByKey(event: KeyboardEvent): void {
  const isText = event.target instanceof HTMLInputElement
  if (isText || event.altKey || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return
  event.preventDefault()
  if (event.shiftKey) scheduleEdits.redo()
  else scheduleEdits.undo()
}
