/** A window on the track of α, and the popover with its numbers. */
import { type KeyboardEvent, useRef } from 'react'
import { Popover } from 'react-aria-components'
import type { Window } from '../../config/fields.ts'
import { alphaText } from '../format.ts'
import { toSlider } from './scale.ts'
import { WindowForm } from './window-form.tsx'

interface ShapeProps {
  readonly window: Window
  readonly epochs: number
  /** Its epochs stand beside its α. */
  readonly isLabelled?: boolean
}

/** Place in the track, in percent of it; the part behind the end of the run is not shown. */
const placeOf = ({ fromEpoch, toEpoch }: Window, epochs: number) => ({
  left: `${(100 * Math.min(fromEpoch, epochs)) / epochs}%`,
  width: `${(100 * Math.max(0, Math.min(toEpoch, epochs) - fromEpoch)) / epochs}%`,
})

const sideOf = (alpha: number) => (alpha < 0 ? 'below' : 'above')

/** The bar above or below the zero line, and its label. */
function Fill({ window: { fromEpoch, toEpoch, alpha }, isLabelled = false }: Omit<ShapeProps, 'epochs'>) {
  return (
    <>
      <span
        className={`window-fill ${sideOf(alpha)}`}
        style={{ height: `max(3px, ${Math.abs(toSlider(alpha)) / 2}%)` }}
      />
      <span className="window-label">
        α {alphaText(alpha)}
        {isLabelled && `, epochs ${fromEpoch}–${toEpoch}`}
      </span>
    </>
  )
}

/** A window that does not react, while one of them is dragged. */
export const WindowShape = ({ window, epochs, isLabelled }: ShapeProps) => (
  <span className={`window ${sideOf(window.alpha)}${isLabelled ? ' dragged' : ''}`} style={placeOf(window, epochs)}>
    <Fill window={window} isLabelled={isLabelled} />
  </span>
)

interface BarProps {
  readonly index: number
  readonly windows: readonly Window[]
  readonly epochs: number
  readonly isLocked: boolean
  readonly helpId: string
  readonly isOpen: boolean
  readonly onOpen: (isOpen: boolean) => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

export function WindowBar({ index, windows, epochs, isLocked, helpId, isOpen, onOpen, onKeyDown }: BarProps) {
  const bar = useRef<HTMLButtonElement>(null)
  const window = windows[index]
  const { fromEpoch, toEpoch, alpha } = window
  /** A window that was drawn had no focus before. */
  const open = (next: boolean) => {
    onOpen(next)
    if (!next) requestAnimationFrame(() => bar.current?.focus())
  }
  return (
    <span className={`window ${sideOf(alpha)}`} style={placeOf(window, epochs)}>
      <button
        ref={bar}
        type="button"
        className="window-bar"
        data-part={`bar ${index}`}
        aria-label={`Window ${index + 1}: α ${alphaText(alpha)} from epoch ${fromEpoch} to ${toEpoch}`}
        aria-describedby={isLocked ? undefined : helpId}
        aria-haspopup="dialog"
        disabled={isLocked}
        onKeyDown={onKeyDown}
        onClick={() => onOpen(true)}
      >
        <Fill window={window} />
      </button>
      {!isLocked && (
        <>
          <span className="window-edge from" data-part={`from ${index}`} />
          <span className="window-edge to" data-part={`to ${index}`} />
        </>
      )}
      <Popover className="popover" triggerRef={bar} isOpen={isOpen} onOpenChange={open} placement="top">
        <WindowForm index={index} windows={windows} onClose={() => open(false)} />
      </Popover>
    </span>
  )
}
