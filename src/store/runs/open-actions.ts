/** Opens a listed run in the run view, with everything that its folder has. */

import { forkOf } from '../../runs/lineage.ts'
import { loadRun } from '../../runs/load-run.ts'
import type { GrowingRun } from '../../runs/reduce.ts'
import type { Experiments } from '../experiments/context.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { working } from './share-actions.ts'

const find = ({ store }: Experiments, id: string): LibraryRun | undefined => {
  const { runs, deleted } = store.getState()
  return [...runs, ...deleted].find((run) => run.id === id)
}

async function load({ shown, host }: Experiments, { id, info }: LibraryRun): Promise<GrowingRun> {
  return loadRun(shown.get(id) ?? host.folders.open(id), id, info.name)
}

/** Supplies the run that a fork left, so that its charts compare them. A fork whose parent is gone stands alone. */
async function supplyParent(experiments: Experiments, run: GrowingRun): Promise<void> {
  const fork = forkOf(run)
  const parent = fork && find(experiments, fork.id)
  if (!parent || experiments.host.series.find(parent.id)) return
  const loaded = await load(experiments, parent).catch(() => null)
  if (loaded) experiments.host.series.supplyParent(loaded)
}

/** Shows a run with its series. A run that trains on this page goes on. */
export async function showRun(experiments: Experiments, listed: LibraryRun): Promise<void> {
  const { lab, series } = experiments.host
  const own = series.live()?.id === listed.id
  if (own) series.close()
  else {
    const run = await load(experiments, listed)
    series.open(run)
    await supplyParent(experiments, run)
  }
  lab.setView({ range: null, cursor: null, moment: null })
  if (own) return
  const { id, record, facts } = listed
  const { step, epoch } = facts
  lab.showStored({
    id,
    config: record.config,
    end: series.current()?.end ?? null,
    moment: { step, epoch },
    point: facts.points.at(-1)?.step ?? -1,
  })
}

export const openActions = (experiments: Experiments) => ({
  /** Opens a run in the run view. */
  openRun: async (id: string): Promise<void> => {
    const listed = find(experiments, id)
    if (!listed) return
    await working(experiments, `Opening ${listed.record.name}`, async () => {
      await showRun(experiments, listed)
      experiments.store.setState({ center: 'run' })
      experiments.host.lab.store.setState({ status: `${listed.record.name} is open.` })
    })
  },
})
