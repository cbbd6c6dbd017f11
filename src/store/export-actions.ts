/** Exporting a run as one file. */
import type { RunFiles } from '../runs/format/files.ts'
import { newInfo } from '../runs/format/info.ts'
import { hasEvent } from '../runs/has-event.ts'
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

/** Whether the folder has everything that this page knows of the run. It lacks what the storage refused. */
async function isWhole(stored: RunFiles, run: Run): Promise<boolean> {
  if (!(await stored.read('run.json'))) return false
  const newest = run.events.at(-1)
  return !newest || hasEvent(stored, newest)
}

/**
 * The run's folder in the browser's storage. Where it is not whole, its files as this page knows the run; `onLost` takes the
 * steps of probes whose units neither has.
 */
async function filesOf({ host }: LabContext, run: Run, onLost: (step: number) => void): Promise<RunFiles> {
  const stored = host.storedFiles(run.id)
  if (await isWhole(stored, run)) return stored
  const { filesOfRun } = await import('../runs/run-files.ts')
  const name = run.name ?? run.start?.config.name ?? ''
  // The events have no date. A run that trains began so long ago.
  const created = Math.max(0, host.now().getTime() - run.time)
  return filesOfRun(run, newInfo({ id: run.id, created, name, parent: run.start?.parent }), stored, onLost)
}

/** The run as a zip, and the names of what the browser no longer has. */
async function zipped(lab: LabContext, run: Run): Promise<{ blob: Blob; missing: readonly string[] }> {
  const { zipRuns } = await import('../runs/export.ts')
  const lost: string[] = []
  const files = await filesOf(lab, run, (step) => lost.push(`the units at step ${step}`))
  const there = new Set((await files.list('checkpoints')).map(({ name }) => name))
  const missing = run.checkpoints.map(({ file }) => file).filter((file) => !there.has(file))
  const blob = await zipRuns([{ folder: '', name: nameOf(run), files }], { checkpoints: true, resume: true })
  return { blob, missing: [...missing, ...lost] }
}

async function bundle(lab: LabContext, run: Run): Promise<Export> {
  const { blob, missing } = await zipped(lab, run)
  const note = missing.length > 0 ? `Left out, because this browser no longer has them: ${missing.join(', ')}.` : null
  return { blob, file: `${nameOf(run)}.zip`, note }
}

const forTensorBoard = async (run: Run): Promise<Export> => {
  const { zipForTensorBoard } = await import('../runs/tensorboard/zip.ts')
  // The run may grow in the meantime.
  const events = run.events.slice()
  const blob = await zipForTensorBoard({ events: () => events, units: run.units.read }, nameOf(run))
  return { blob, file: `${nameOf(run)}-tensorboard.zip`, note: null }
}

/** Both work during training and after any end, for the current run without an id. */
export const exportActions = (lab: LabContext) => ({
  /** Saves a run as a zip. */
  exportRun: (id?: string): Promise<void> => save(lab, id, (run) => bundle(lab, run)),
  /** Saves a zip with a folder for TensorBoard. */
  exportForTensorBoard: (id?: string): Promise<void> => save(lab, id, forTensorBoard),
})
