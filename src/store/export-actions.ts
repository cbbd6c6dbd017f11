/** Exporting a run as one file. */
import { bundleRun } from '../runs/bundle.ts'
import { recordedEvents } from '../runs/logged.ts'
import type { Run } from '../runs/reduce.ts'
import type { LabContext } from './context.ts'
import { slug } from './names.ts'

interface Export {
  readonly blob: Blob
  readonly file: string
  /** What is left out; null for nothing. */
  readonly note: string | null
}

const nameOf = ({ id, start }: Run) => `${slug(start?.config.name ?? '')}-${id}`

/** Saves what `make` makes of a started run: the current one without an id. */
async function save(lab: LabContext, id: string | undefined, make: (run: Run) => Promise<Export>): Promise<void> {
  const { store, series, host } = lab
  const run = id === undefined ? series.shown() : series.find(id)
  if (!run?.start || store.getState().exporting.active) return
  store.setState({ exporting: { active: true, note: null } })
  try {
    const { blob, file, note } = await make(run)
    host.save(blob, file)
    store.setState({ exporting: { active: false, note }, status: `Exported ${file}.` })
  } catch (error) {
    const note = `The run could not be exported: ${String(error)}. Free some storage and export again.`
    store.setState({ exporting: { active: false, note }, status: note })
  }
}

/** The run's folder as a zip. Where the browser does not store the run, the zip has what this page knows of it. */
async function zipped({ host }: LabContext, run: Run): Promise<{ blob: Blob; missing: readonly string[] }> {
  const files = host.storedFiles(run.id)
  if (!(await files.read('run.json'))) return bundleRun(run, host.readCheckpoint)
  const { zipRuns } = await import('../runs/export.ts')
  const there = new Set((await files.list('checkpoints')).map(({ name }) => name))
  const missing = run.checkpoints.map(({ file }) => file).filter((file) => !there.has(file))
  const blob = await zipRuns([{ folder: '', name: nameOf(run), files }], { checkpoints: true, resume: true })
  return { blob, missing }
}

async function bundle(lab: LabContext, run: Run): Promise<Export> {
  const { blob, missing } = await zipped(lab, run)
  const note = missing.length > 0 ? `Left out, because this browser no longer has them: ${missing.join(', ')}.` : null
  return { blob, file: `${nameOf(run)}.zip`, note }
}

const forTensorBoard = async (run: Run): Promise<Export> => {
  const { zipForTensorBoard } = await import('../runs/tensorboard/zip.ts')
  const blob = await zipForTensorBoard(recordedEvents(run), nameOf(run))
  return { blob, file: `${nameOf(run)}-tensorboard.zip`, note: null }
}

/** Both work during training and after any end, for the current run without an id. */
export const exportActions = (lab: LabContext) => ({
  /** Saves a run as a zip. */
  exportRun: (id?: string): Promise<void> => save(lab, id, (run) => bundle(lab, run)),
  /** Saves a zip with a folder for TensorBoard. */
  exportForTensorBoard: (id?: string): Promise<void> => save(lab, id, forTensorBoard),
})
