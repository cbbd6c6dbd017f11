/** Resuming a run of the list. */
import type { Experiments } from '../experiments/context.ts'
import type { ResumeOptions } from '../resume-actions.ts'
import { showRun } from './open-actions.ts'
import { working } from './share-actions.ts'

export const resumeListedActions = (experiments: Experiments) => ({
  /** Asks for the permission that the run's images need, opens the run, and goes on with it. */
  resumeRun: async (id: string, options?: ResumeOptions): Promise<void> => {
    const { store, host } = experiments
    const listed = store.getState().runs.find((run) => run.id === id)
    if (!listed || !(await host.lab.askForImages({ id, config: listed.record.config }))) return
    const shown = await working(experiments, `Opening ${listed.record.name}`, async () => {
      await showRun(experiments, listed)
      return true
    })
    if (!shown) return
    store.setState({ center: 'run' })
    await host.lab.resumeShown(options)
  },
})
