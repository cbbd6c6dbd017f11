/** Resuming a run of the list. */
import type { Experiments } from '../experiments/context.ts'
import type { ResumeOptions } from '../resume-actions.ts'
import { storedRun } from './continue-actions.ts'
import { findListed, showRun } from './open-actions.ts'
import { working } from './share-actions.ts'

/** Asks for the permission that the run's images need, opens the run, and goes on with it. */
async function resumeRun(experiments: Experiments, id: string, options?: ResumeOptions): Promise<void> {
  const { store, host } = experiments
  const found = findListed(experiments, id)
  // First of all, since the browser asks for a permission only soon after a press.
  if (!found || !(await host.lab.askForImages({ id, config: found.record.config }))) return
  const listed = await storedRun(experiments, id)
  if (!listed) return
  const shown = await working(experiments, `Opening ${listed.record.name}`, async () => {
    await showRun(experiments, listed)
    return host.series.current()?.id === id
  })
  if (!shown) return
  store.setState({ center: 'run' })
  await host.lab.resumeShown(options)
}

export const resumeListedActions = (experiments: Experiments) => ({
  /** Goes on with a listed run from its newest resume point. Resolves at its end. */
  resumeRun: (id: string, options?: ResumeOptions): Promise<void> => resumeRun(experiments, id, options),
  /** Trains a run up to a larger number of epochs. */
  extendRun: (id: string, epochs: number): Promise<void> => resumeRun(experiments, id, { epochs }),
})
