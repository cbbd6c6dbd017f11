/** Opens a listed run in the run view, with everything that its folder has. */
import { openRunReader, type RunReader } from '../../runs/format/reader.ts'
import type { Experiments } from '../experiments/context.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { momentOf } from '../moment.ts'
import { ownId } from './list.ts'
import { working } from './share-actions.ts'

export const findListed = ({ store }: Pick<Experiments, 'store'>, id: string): LibraryRun | undefined => {
  const { runs, deleted } = store.getState()
  return [...runs, ...deleted].find((run) => run.id === id)
}

export const readerOf = ({ shown, host }: Experiments, { id, info }: LibraryRun): Promise<RunReader> =>
  openRunReader(shown.get(id) ?? host.folders.open(id), info.name)

/** Supplies the run that a fork left, so that its charts compare them. A fork whose parent is gone stands alone. */
async function supplyParent(experiments: Experiments, { info: { parent } }: LibraryRun): Promise<void> {
  const { lab, series } = experiments.host
  const listed = parent?.kind === 'fork' ? findListed(experiments, parent.id) : undefined
  if (!listed || series.find(listed.id)) return
  const reader = await readerOf(experiments, listed).catch(() => null)
  if (reader) await lab.supplyParent(reader, listed.id)
}

/** Shows a run with its series. A run that trains on this page goes on. Rejects where the folder has no run. */
export async function showRun(experiments: Experiments, listed: LibraryRun): Promise<void> {
  const { lab, series } = experiments.host
  const current = series.current()
  if (current?.id === listed.id && momentOf(current).step >= listed.facts.step) {
    lab.closeRun()
    lab.setView({ range: null, cursor: null, moment: null })
  } else await lab.openRun(await readerOf(experiments, listed), listed.id)
  await supplyParent(experiments, listed)
}

/** `follow`: shows a run that another tab trains. */
export const openActions = (experiments: Experiments, follow: (id: string) => Promise<void>) => ({
  /** Opens a run in the run view; one that another tab trains is followed. */
  openRun: async (id: string): Promise<void> => {
    const listed = findListed(experiments, id)
    if (!listed) return
    if (listed.state === 'training' && id !== ownId(experiments)) {
      void follow(id)
      return
    }
    await working(experiments, `Opening ${listed.record.name}`, () => showRun(experiments, listed))
    experiments.store.setState({ center: 'run' })
  },
})
