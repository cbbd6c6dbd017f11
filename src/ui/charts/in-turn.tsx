/** Charts take a new view of the run one after another, each in a task of its own, so that no task is as long as all of them. */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { Run } from '../../runs/reduce.ts'
import { createTurns } from './turns.ts'

const turns = createTurns((act) => setTimeout(act))

interface Props {
  readonly run: Run | null
  readonly children: (run: Run | null) => ReactNode
}

/** Draws another run at once, and a later view of the same run when its turn comes. */
export function InTurn({ run, children }: Props) {
  const [drawn, setDrawn] = useState(run)
  const isOther = drawn?.id !== run?.id
  if (isOther) setDrawn(run)
  const newest = useRef(run)
  /** Cancels the turn that this chart waits for. A newer view does not move it back in the queue. */
  const cancel = useRef<(() => void) | null>(null)
  useEffect(() => {
    newest.current = run
    if (drawn === run) return
    cancel.current ??= turns.wait(() => {
      cancel.current = null
      flushSync(() => setDrawn(newest.current))
    })
  }, [drawn, run])
  useEffect(
    () => () => {
      cancel.current?.()
      cancel.current = null
    },
    [],
  )
  return children(isOther ? run : drawn)
}
