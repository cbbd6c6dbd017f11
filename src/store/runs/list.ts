/** The list of runs: what the folders have now. */
import { messageOf } from '../../message.ts'
import type { RunInfo } from '../../protocol/run-record.ts'
import type { RunFiles } from '../../runs/format/files.ts'
import { infoName, newInfo, readInfo } from '../../runs/format/info.ts'
import { jsonText } from '../../runs/format/json-file.ts'
import { logName } from '../../runs/format/log.ts'
import { measuredTexts } from '../../runs/measured.ts'
import type { Run } from '../../runs/reduce.ts'
import { type Experiments, filesOf } from '../experiments/context.ts'
import type { DamagedRun, LibraryRun, ListedState } from '../experiments/state.ts'
import { trialName } from '../experiments/trial-name.ts'
import { isTraining } from '../status.ts'
import { sizeOf } from './catalog.ts'
import { type RunSummary, recordWith, summaryOf } from './summary.ts'

/** Reports problems, each sentence once. */
export const report = ({ store }: Pick<Experiments, 'store'>, ...sentences: string[]): void =>
  store.setState(({ problems }) => ({
    problems: [...problems, ...new Set(sentences.filter((one) => !problems.includes(one)))],
  }))

/** Numbers the second and later runs of one name, so that every name is unique. */
function withUniqueNames(runs: readonly LibraryRun[]): LibraryRun[] {
  const counts = new Map<string, number>()
  return runs.map((run) => {
    const { name } = run.info
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    const unique = count === 1 ? name : `(${count}) ${name}`
    return unique === run.record.name ? run : { ...run, record: { ...run.record, name: unique } }
  })
}

const inOrder = (runs: readonly LibraryRun[]): LibraryRun[] =>
  [...runs].sort(
    (a, b) => a.info.created - b.info.created || a.info.name.localeCompare(b.info.name, 'en', { numeric: true }),
  )

/** Lists runs in place of what was listed with their ids; `ids` without a run are no longer listed. */
export function showRuns({ store }: Experiments, ids: readonly string[], runs: readonly LibraryRun[]): void {
  const { runs: listed, deleted } = store.getState()
  const others = [...listed, ...deleted].filter(({ id }) => !ids.includes(id))
  const all = inOrder([...others, ...runs])
  store.setState({
    runs: withUniqueNames(all.filter(({ info }) => info.deleted === null)),
    deleted: withUniqueNames(all.filter(({ info }) => info.deleted !== null)),
  })
}

/** Lists damaged runs in place of those with these ids, and reports those that were not known. */
function showDamaged(experiments: Experiments, ids: readonly string[], damaged: readonly DamagedRun[]): void {
  const { store } = experiments
  const before = store.getState().damaged
  const isNew = ({ id }: DamagedRun) => before.every((known) => known.id !== id)
  report(experiments, ...damaged.filter(isNew).map(({ message }) => message))
  store.setState({ damaged: [...before.filter(({ id }) => !ids.includes(id)), ...damaged] })
}

/** The summary of a run that this page trains now: its folder lags behind by up to a second. */
function liveSummary(run: Run, name: string): RunSummary {
  const last = run.steps.length - 1
  return {
    record: recordWith(name, run, measuredTexts(run.measured)),
    facts: {
      digest: '',
      step: last < 0 ? 0 : run.steps.column('step')[last],
      epoch: last < 0 ? 0 : run.steps.column('epoch')[last],
      units: true,
      checkpoints: run.checkpoints.map(({ file, epoch, step }) => ({ file, epoch, step })),
      points: [],
    },
  }
}

/** The id of the run that this page trains; null where it trains none. */
export function ownId({ host: { lab, series } }: Experiments): string | null {
  return isTraining(lab.store.getState()) ? (series.current()?.id ?? null) : null
}

/** The run with an id, where this page trains it. */
const liveRun = (experiments: Experiments, id: string): Run | null => {
  const live = ownId(experiments) === id ? experiments.host.series.current() : null
  return live?.start && !live.end ? live : null
}

/** The summary of a folder: from the catalog where the folder is unchanged. */
async function storedSummary(
  experiments: Experiments,
  files: RunFiles,
  id: string,
  info: RunInfo,
  isTraining: boolean,
) {
  const { catalogued, host, shown } = experiments
  const { bytes, stamp } = await sizeOf(files)
  const known = catalogued.get(id)
  const summary = known?.stamp === stamp ? known : await summaryOf(files, id, info.name)
  if (summary !== known && !isTraining) {
    catalogued.set(id, { ...summary, stamp })
    if (!shown.has(id)) await host.catalog.put(id, { ...summary, stamp })
  }
  return { summary, bytes }
}

/** A folder with a log and without run.json has lost it, or comes from an interrupted import that was otherwise complete. */
async function recoveredInfo(experiments: Experiments, id: string): Promise<RunInfo | null> {
  const files = filesOf(experiments, id)
  if (!(await files.read(logName))) return null
  const { record } = await summaryOf(files, id, id)
  const info = newInfo({ id, created: experiments.host.now(), name: record.config.name })
  await files.replace(infoName, jsonText(info))
  return info
}

const stateOf = (summary: RunSummary, isTraining: boolean): ListedState => {
  if (isTraining) return 'training'
  const { state } = summary.record
  return state === 'unfinished' ? 'interrupted' : state
}

/**
 * A run as its folder is now; null for a folder without a run. Rejects with RunError for a damaged one. `training` has the ids
 * of the runs that a tab trains.
 */
export async function readRun(
  experiments: Experiments,
  id: string,
  training: ReadonlySet<string>,
): Promise<LibraryRun | null> {
  const { shown, host } = experiments
  const files = shown.get(id) ?? host.folders.open(id)
  const isTraining = training.has(id)
  const info = (await readInfo(files, id)) ?? (isTraining ? null : await recoveredInfo(experiments, id))
  if (!info) return null
  const live = liveRun(experiments, id)
  const { summary, bytes } = live
    ? { summary: liveSummary(live, info.name), bytes: (await sizeOf(files)).bytes }
    : await storedSummary(experiments, files, id, info, isTraining)
  const record = { ...summary.record, name: info.name }
  return { id, info, state: stateOf(summary, isTraining), record, facts: summary.facts, bytes, stored: !shown.has(id) }
}

/**
 * Reads runs again, one after another, and lists what was found. Problems are reported. `ended`: this page knows that this run
 * has ended, although its worker may still hold the lock.
 */
export async function refreshRuns(
  experiments: Experiments,
  ids: readonly string[],
  ended: string | null = null,
): Promise<LibraryRun[]> {
  const locked = await experiments.host.folders.training()
  const training = new Set([...locked].filter((id) => id !== ended))
  const found: LibraryRun[] = []
  const damaged: DamagedRun[] = []
  for (const id of ids) {
    if (experiments.trials.has(id)) continue
    try {
      const run = await readRun(experiments, id, training)
      if (run) found.push(run)
    } catch (error) {
      damaged.push({ id, message: messageOf(error) })
    }
  }
  showRuns(experiments, ids, found)
  showDamaged(experiments, ids, damaged)
  return found
}

/** Removes what earlier versions and interrupted imports left: folders without a log, which nobody writes. */
async function removeLeftovers({ host: { folders } }: Experiments, ids: readonly string[]): Promise<void> {
  const training = await folders.training()
  for (const id of ids) {
    const files = folders.open(id)
    const isRun = training.has(id) || (await files.read(infoName)) || (await files.read(logName))
    if (!isRun) await folders.remove(id).catch(() => {})
  }
}

/** Milliseconds for which a deleted run can be restored. */
const keptDeleted = 30 * 24 * 3600 * 1000

/** Removes deleted runs for good. */
export async function purgeRuns(experiments: Experiments, ids: readonly string[]): Promise<void> {
  const { host, shown, catalogued } = experiments
  for (const id of ids) {
    catalogued.delete(id)
    if (!shown.delete(id)) await host.folders.remove(id)
  }
  await host.catalog.remove(ids)
  showRuns(experiments, ids, [])
  showDamaged(experiments, ids, [])
}

/** Lists every run of the browser's storage. */
export async function listStored(experiments: Experiments): Promise<void> {
  const { host, catalogued, store } = experiments
  for (const [id, run] of await host.catalog.read()) if (!catalogued.has(id)) catalogued.set(id, run)
  const ids = await host.folders.ids()
  await host.catalog.remove([...catalogued.keys()].filter((id) => !ids.includes(id) && !experiments.shown.has(id)))
  await refreshRuns(experiments, ids)
  await removeLeftovers(experiments, ids)
  const due = host.now() - keptDeleted
  const { runs, deleted } = store.getState()
  const old = deleted.filter(({ info }) => info.deleted !== null && info.deleted < due)
  // A page that is closed while it times steps leaves that run behind.
  const trials = runs.filter(({ record, state }) => record.config.name === trialName && state !== 'training')
  await purgeRuns(
    experiments,
    [...old, ...trials].map(({ id }) => id),
  )
}
