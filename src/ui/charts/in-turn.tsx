/** Charts take a new view of the run one after another, each in a task of its own, so that no task is as long as all of them. */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { Run } from '../../runs/reduce.ts'
import { isAtRest } from '../plot/run-at.ts'
import { createTurns } from './turns.ts'

const turns = createTurns({
  later: (milliseconds, act) => setTimeout(act, milliseconds),
  now: () => performance.now(),
})

interface Props {
  readonly run: Run | null
  readonly children: (run: Run | null) => ReactNode
}

/** The turn that a chart waits for. */
interface Turn {
  readonly cancel: () => void
  /** The chart of a run that takes no steps is drawn without a rest. */
  readonly isUrgent: boolean
}

/** Draws another run at once, and a later view of the same run when its turn comes. */
export function InTurn({ run, children }: Props) {
  const [drawn, setDrawn] = useState(run)
  const isOther = drawn?.id !== run?.id
  if (isOther) setDrawn(run)
  const newest = useRef(run)
  const turn = useRef<Turn | null>(null)
  useEffect(() => {
    newest.current = run
    if (drawn === run) return
    const isUrgent = run === null || isAtRest(run)
    // A newer view does not move the chart back in the queue.
    if (turn.current && (turn.current.isUrgent || !isUrgent)) return
    turn.current?.cancel()
    const cancel = turns.wait(() => {
      turn.current = null
      flushSync(() => setDrawn(newest.current))
    }, isUrgent)
    turn.current = { cancel, isUrgent }
  }, [drawn, run])
  useEffect(
    () => () => {
      turn.current?.cancel()
      turn.current = null
    },
    [],
  )
  return children(isOther ? run : drawn)
}
