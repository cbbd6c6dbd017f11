/** Exporting a run as one file. */
import { bundleRun } from '../runs/bundle.ts'
import type { LabContext } from './context.ts'
import { slug } from './names.ts'

async function exportRun({ store, series, host }: LabContext, id?: string): Promise<void> {
  const run = id === undefined ? series.current() : series.find(id)
  if (!run?.start || store.getState().exporting.active) return
  store.setState({ exporting: { active: true, note: null } })
  try {
    const { blob, missing } = await bundleRun(run, host.readCheckpoint)
    const name = `${slug(run.start.config.name)}-${run.id}.zip`
    host.save(blob, name)
    const note = missing.length > 0 ? `Left out, because this browser no longer has them: ${missing.join(', ')}.` : null
    store.setState({ exporting: { active: false, note }, status: `Exported ${name}.` })
  } catch (error) {
    const note = `The run could not be exported: ${String(error)}. Free some storage and export again.`
    store.setState({ exporting: { active: false, note }, status: note })
  }
}

export const exportActions = (lab: LabContext) => ({
  /** Saves a run as a zip, the current one without an id; works during training and after any end. */
  exportRun: (id?: string): Promise<void> => exportRun(lab, id),
})
