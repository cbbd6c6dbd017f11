/** What may change while a run goes on: α, who holds it, and pausing. The one mutable object of the engine. */

export interface Control {
  /** True while the user holds α; the schedule applies otherwise. */
  readonly held: boolean
  readonly alpha: number
}

/** Read by the training loop once a step; what was read is part of the step's event. */
export interface Live {
  /** Of the step that comes after `step` finished ones. */
  readonly control: (step: number) => Control
  readonly paused: () => boolean
  /** Resolves when the next step may be taken. Rejects with the signal's reason when it is aborted. */
  readonly proceed: (signal: AbortSignal) => Promise<void>
}

export interface LiveControl extends Live {
  readonly hold: (alpha: number) => void
  readonly handBack: () => void
  readonly pause: () => void
  readonly resume: () => void
  /** Lets one step happen while paused. */
  readonly stepOnce: () => void
}

/** A control for the user. */
export function createLive(): LiveControl {
  let control: Control = { held: false, alpha: 0 }
  let paused = false
  let granted = 0
  let wake = () => {}
  const change = (apply: () => void) => () => {
    apply()
    wake()
  }
  const mayGo = () => !paused || granted > 0
  return {
    control: () => control,
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
    hold: (alpha) => {
      control = { held: true, alpha }
    },
    handBack: () => {
      control = { held: false, alpha: 0 }
    },
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

/** The control as an earlier run recorded it: entry i is what its step i + 1 read. Later steps follow the schedule. */
export const replayLive = (recorded: readonly Control[]): Live => ({
  control: (step) => recorded[step] ?? { held: false, alpha: 0 },
  paused: () => false,
  proceed: async (signal) => signal.throwIfAborted(),
})
