/** The live control of the regularizer's strength. */
import { alphaAt } from '../config/alpha.ts'
import { type LabContext, say } from './context.ts'
import type { LabState, LiveState } from './state.ts'
import { configNow, isActive } from './status.ts'

/** α that the user's control applies while it is held. */
export const heldAlpha = ({ on, alpha }: LiveState): number => (on ? alpha : 0)

/** α of the next step, as far as the page knows: the user's while held, otherwise the schedule's. */
export function alphaNow(state: LabState): number {
  const { live, run } = state
  return live.held ? heldAlpha(live) : alphaAt(configNow(state).regularizer.schedule, run.moment.epoch)
}

/** The α that the control shows: the user's while the user controls it, else the schedule's. */
export const shownAlpha = (state: LabState): number => (state.live.held ? state.live.alpha : alphaNow(state))

const clamp = (alpha: number) => Math.min(100, Math.max(-100, Number.isFinite(alpha) ? alpha : 0))

export function liveActions(lab: LabContext) {
  const { store, client, pending } = lab
  // The start command of an attempt to resume the run brings the control.
  const hasWorker = () => isActive(store.getState().run.status) && pending.recovery === null
  const take = (live: LiveState) => {
    store.setState({ live })
    if (hasWorker()) client.post({ type: 'alpha', value: heldAlpha(live) })
  }
  return {
    /** Takes the control and sets α (−100 … 100); it applies from the next step if the switch is on. */
    setAlpha: (alpha: number): void => take({ alpha: clamp(alpha), on: store.getState().live.on, held: true }),
    /** Takes the control. Off holds α at 0; on restores the α from before. */
    setRegularizer: (on: boolean): void => {
      const state = store.getState()
      const alpha = state.live.held ? state.live.alpha : alphaNow(state)
      take({ alpha, on, held: true })
      say(lab, on ? `Regularizer on, α ${alpha}.` : 'Regularizer off: α held at 0.')
    },
    /** Returns control of α to the schedule. */
    handBack: (): void => {
      store.setState(({ live }) => ({ live: { ...live, on: true, held: false } }))
      if (hasWorker()) client.post({ type: 'hand-back' })
      say(lab, 'The schedule controls α again.')
    },
  }
}
