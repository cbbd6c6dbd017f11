/** Measuring at chosen epochs while a run trains: it holds after their checkpoints, and goes on by itself. */
import type { CheckpointEvent } from '../protocol/run-events.ts'
import { type LabContext, say } from './context.ts'
import { measure, type Wish } from './measure-actions.ts'

export interface DuringState {
  /** Ascending. */
  readonly epochs: readonly number[]
  /** Their checkpoints are those of the epochs. */
  readonly wishes: readonly Wish[]
}

export function duringActions(lab: LabContext) {
  const { store, client } = lab
  return {
    /** Measures after the checkpoints of these epochs of the run on; none ends that. */
    measureDuring: (epochs: readonly number[], wishes: readonly Wish[]): void => {
      const during =
        epochs.length > 0 && wishes.length > 0 ? { epochs: [...epochs].sort((a, b) => a - b), wishes } : null
      store.setState({ during })
      client.post({ type: 'hold-at', epochs: during?.epochs ?? [] })
      say(
        lab,
        during ? `Measuring after epoch ${during.epochs.join(', ')}.` : 'Nothing more is measured while it trains.',
      )
    },
  }
}

/** Of a run that begins, nothing is due. */
export function forgetDue({ session }: LabContext): void {
  session.due = []
  session.holding = false
}

/** A checkpoint is there: what is asked of its epoch comes due. */
export function checkpointSaved({ store, session }: LabContext, { file, epoch }: CheckpointEvent): void {
  const { during, run } = store.getState()
  if (!during?.epochs.includes(epoch) || run.status === 'stopping') return
  session.due = [...session.due, ...during.wishes.map((wish) => ({ ...wish, checkpoints: [{ file, epoch }] }) as Wish)]
}

/** The run rests, paused or at its end: what is due is measured. */
export function runRests(lab: LabContext): void {
  const { store, client, session } = lab
  const { run } = store.getState()
  const nothing = session.due.length === 0
  // It held for what was given up meanwhile.
  if (nothing && run.status === 'running') client.post({ type: 'resume' })
  if (nothing) return
  if (run.status === 'running') {
    session.holding = true
    store.setState({ run: { ...run, status: 'paused' } })
  }
  measureNext(lab)
}

/** A measurement has ended: the next one that is due begins, and after the last one training goes on. */
export function measureNext(lab: LabContext): void {
  const { store, client, session } = lab
  while (session.due.length > 0 && !store.getState().measuring.current) {
    const [next, ...rest] = session.due
    session.due = rest
    measure(lab, next)
  }
  const { run, measuring } = store.getState()
  if (!session.holding || measuring.current) return
  session.holding = false
  if (run.status !== 'paused') return
  client.post({ type: 'resume' })
  store.setState({ run: { ...run, status: 'running' } })
  say(lab, 'Measured; training goes on.')
}
