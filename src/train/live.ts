/** The live control of a run: α and pausing. The only object of the engine that others change during a run. */
import type { RecordedControl } from '../protocol/run-record.ts'

export interface Control {
  /** True while the user sets α; otherwise the schedule applies. */
  readonly held: boolean
  readonly alpha: number
}

/** The schedule applies. */
const schedule: Control = { held: false, alpha: 0 }

/** The training loop reads the control once a step and records the value in the step's event. */
export interface Live {
  /** The control for the step after `step` steps. */
  readonly control: (step: number) => Control
  readonly paused: () => boolean
  /** Resolves when the next step may start. Rejects with the signal's reason when it is aborted. */
  readonly proceed: (signal: AbortSignal) => Promise<void>
}

export interface LiveControl extends Live {
  /** Repeats these controls like those of `createLive`. A control that the user has set by now follows them. */
  readonly repeat: (recorded: readonly RecordedControl[]) => void
  readonly hold: (alpha: number) => void
  readonly handBack: () => void
  readonly pause: () => void
  readonly resume: () => void
  /** Allows one step while paused. */
  readonly stepOnce: () => void
}

/**
 * A control for the user, initially running with the schedule's α. A resumed run repeats the controls that an earlier attempt
 * recorded, by step, and goes on with the last one; the user's next change ends that.
 */
export function createLive(recorded: readonly RecordedControl[] = []): LiveControl {
  const repeated = new Map<number, Control>()
  let control: Control = schedule
  let isSet = false
  const repeat = (controls: readonly RecordedControl[]) => {
    for (const { step, held, alpha } of controls) repeated.set(step, { held, alpha })
    const last = controls.at(-1)
    if (last?.held && !isSet) control = { held: true, alpha: last.alpha }
  }
  repeat(recorded)
  const set = (next: Control) => {
    repeated.clear()
    control = next
    isSet = true
  }
  let paused = false
  let granted = 0
  let wake = () => {}
  const change = (apply: () => void) => () => {
    apply()
    wake()
  }
  const mayGo = () => !paused || granted > 0
  return {
    repeat,
    control: (step) => repeated.get(step + 1) ?? control,
    paused: () => paused && granted === 0,
    proceed: async (signal) => {
      while (!mayGo()) {
        signal.throwIfAborted()
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      signal.throwIfAborted()
      if (paused) granted--
    },
    hold: (alpha) => set({ held: true, alpha }),
    handBack: () => set(schedule),
    pause: change(() => {
      paused = true
      granted = 0
    }),
    resume: change(() => {
      paused = false
      granted = 0
    }),
    stepOnce: change(() => {
      if (paused) granted++
    }),
  }
}
