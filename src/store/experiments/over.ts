/** Waiting for what the lab is at. */
import type { LabState } from '../state.ts'
import type { Experiments } from './context.ts'

/** Resolves when the lab is no longer at something. */
export const over = ({ host: { lab } }: Experiments, isOn: (state: LabState) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (isOn(lab.store.getState())) return
      end()
      resolve()
    }
    const end = lab.store.subscribe(look)
    look()
  })

/** Resolves when no measurement is on. */
export const notMeasuring = (experiments: Experiments): Promise<void> =>
  over(experiments, ({ measuring }) => measuring.current !== null)
