/** Renaming, tagging and deleting runs: what run.json says of them. */
import { messageOf } from '../../message.ts'
import type { RunInfo } from '../../protocol/run-record.ts'
import { infoName, longest, parseInfo, readInfo } from '../../runs/format/info.ts'
import { jsonText } from '../../runs/format/json-file.ts'
import { type Experiments, filesOf, say } from '../experiments/context.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { purgeRuns, refreshRuns, report, showRuns } from './list.ts'

const find = ({ store }: Experiments, id: string): LibraryRun | undefined => {
  const { runs, deleted } = store.getState()
  return [...runs, ...deleted].find((run) => run.id === id)
}

/** Replaces run.json, and lists the run with it. Rejects where the browser refuses to write. */
async function changeInfo(experiments: Experiments, id: string, change: Partial<RunInfo>): Promise<void> {
  const files = filesOf(experiments, id)
  const before = (await readInfo(files, id)) ?? find(experiments, id)?.info
  if (!before) return
  const info = parseInfo({ ...before, ...change }, before.name)
  await files.replace(infoName, jsonText(info))
  const run = find(experiments, id)
  if (run) showRuns(experiments, [id], [{ ...run, info, record: { ...run.record, name: info.name } }])
}

/** Adds a line to the note of a run. */
export async function addToNote(experiments: Experiments, id: string, text: string): Promise<void> {
  const before = find(experiments, id)?.info.note ?? ''
  const note = before === '' ? text : `${before}\n${text}`
  await attempt(experiments, () => changeInfo(experiments, id, { note: note.slice(0, longest.note) }))
}

async function attempt(experiments: Experiments, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    report(experiments, messageOf(error))
  }
}

const namesOf = (runs: readonly LibraryRun[]) => (runs.length === 1 ? runs[0].record.name : `${runs.length} runs`)

/** Why a run cannot be deleted now, or null. */
const deletionProblem = ({ state, record }: LibraryRun): string | null =>
  state === 'training' ? `${record.name} trains now; stop it first.` : null

async function deleteRuns(experiments: Experiments, ids: readonly string[]): Promise<void> {
  const { store, host } = experiments
  const chosen = store.getState().runs.filter(({ id }) => ids.includes(id))
  report(experiments, ...chosen.flatMap((run) => deletionProblem(run) ?? []))
  const runs = chosen.filter((run) => !deletionProblem(run))
  for (const { id } of runs) await changeInfo(experiments, id, { deleted: host.now(), pinned: false })
  store.setState({ undo: runs.map(({ id }) => id) })
  if (runs.length > 0) say(experiments, `${namesOf(runs)} deleted. Undo restores.`)
}

async function restoreRuns(experiments: Experiments, ids: readonly string[]): Promise<void> {
  const { store } = experiments
  const runs = store.getState().deleted.filter(({ id }) => ids.includes(id))
  for (const { id } of runs) await changeInfo(experiments, id, { deleted: null })
  store.setState(({ undo }) => ({ undo: undo.filter((id) => !ids.includes(id)) }))
  if (runs.length > 0) say(experiments, `${namesOf(runs)} restored.`)
}

/** The tags of a text with commas, each once. */
const tagsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((tag) => tag.trim().slice(0, longest.tag))
      .filter(Boolean)
      .slice(0, longest.tags),
  ),
]

export function editActions(experiments: Experiments) {
  const { store } = experiments
  const change = (id: string, info: Partial<RunInfo>) =>
    attempt(experiments, () => experiments.changes(() => changeInfo(experiments, id, info)))
  return {
    renameRun: async (id: string, name: string): Promise<void> => {
      const text = name.trim().slice(0, longest.name)
      if (text !== '') await change(id, { name: text })
    },
    /** Tags, separated by commas. */
    tagRun: (id: string, text: string): Promise<void> => change(id, { tags: tagsOf(text) }),
    noteRun: (id: string, note: string): Promise<void> => change(id, { note: note.slice(0, longest.note) }),
    pinRun: (id: string, pinned: boolean): Promise<void> => change(id, { pinned }),
    /** Marks runs as deleted; they can be restored until they are purged. */
    deleteRuns: (ids: readonly string[]): Promise<void> =>
      attempt(experiments, () => experiments.changes(() => deleteRuns(experiments, ids))),
    restoreRuns: (ids: readonly string[]): Promise<void> =>
      attempt(experiments, () => experiments.changes(() => restoreRuns(experiments, ids))),
    /** Removes deleted runs and their files for good. */
    purgeRuns: (ids: readonly string[]): Promise<void> =>
      attempt(experiments, async () => {
        await purgeRuns(experiments, ids)
        say(experiments, 'The deleted runs are gone.')
      }),
    dismissUndo: (): void => store.setState({ undo: [] }),
    /** Reads the folders of listed runs again: another tab may have changed them. */
    refreshRuns: async (): Promise<void> =>
      // Not beside a change, which it would undo in the list.
      attempt(experiments, () =>
        experiments.changes(async () => {
          const { runs, deleted } = store.getState()
          const known = [...runs, ...deleted].map(({ id }) => id)
          const ids = new Set([...known, ...(await experiments.host.folders.ids())])
          await refreshRuns(experiments, [...ids])
        }),
      ),
  }
}
