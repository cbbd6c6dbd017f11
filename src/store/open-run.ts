/** Opens stored runs in the run view. */
import { messageOf } from '../message.ts'
import type { RunReader } from '../runs/format/reader.ts'
import type { loadRun } from '../runs/load-run.ts'
import type { GrowingRun } from '../runs/reduce.ts'
import { type LabContext, say } from './context.ts'
import { momentOf } from './moment.ts'
import { isAbort } from './pending.ts'
import { next } from './run-status.ts'
import { isActive } from './status.ts'

/** Shows the run as the one that this page trained last: it can be measured, and it can go on. */
function showInstead({ store, series }: LabContext, run: GrowingRun): void {
  series.open(run, 'instead')
  const { step, epoch } = run.end ?? momentOf(run)
  store.setState(({ run: { status } }) => ({
    run: {
      status: next(status, 'show-ended') ?? status,
      id: run.id,
      config: run.start?.config ?? null,
      end: run.end,
      moment: { step, epoch },
    },
  }))
}

/** Shows a run from its beginning to its newest probe. */
function show(lab: LabContext, run: GrowingRun): void {
  const { store, series } = lab
  // A run that trains goes on unseen.
  if (isActive(store.getState().run.status)) series.open(run, 'beside')
  else showInstead(lab, run)
  store.setState(({ view }) => ({ view: { ...view, range: null, cursor: null, moment: null } }))
}

/** Few visits open a stored run. */
const load = async (...args: Parameters<typeof loadRun>) => (await import('../runs/load-run.ts')).loadRun(...args)

async function openRun(lab: LabContext, reader: RunReader, id: string): Promise<void> {
  const { store, pending } = lab
  pending.opening?.abort()
  const controller = new AbortController()
  pending.opening = controller
  store.setState({ opening: reader.name })
  try {
    const { run, problems } = await load(reader, id, controller.signal)
    show(lab, run)
    store.setState({ openingNotes: problems })
    say(lab, [`Opened ${reader.name}.`, ...problems].join(' '))
  } catch (error) {
    if (isAbort(error)) return
    store.setState({ openingNotes: [messageOf(error)] })
    say(lab, messageOf(error))
  } finally {
    if (pending.opening === controller) {
      pending.opening = null
      store.setState({ opening: null })
    }
  }
}

export const openRunActions = (lab: LabContext) => ({
  /**
   * Shows a stored run: interrupted, finished, imported or an example. `id` names it where its folder does not. Does not
   * reject: the state says why a run cannot be opened, and what of it was left out.
   */
  openRun: (reader: RunReader, id = reader.info?.id ?? reader.name): Promise<void> => openRun(lab, reader, id),
  /** Shows the run again that trains, or that was shown before. */
  closeRun: (): void => lab.series.close(),
  dismissOpeningNotes: (): void => lab.store.setState({ openingNotes: [] }),
  /** Supplies the parent of a fork. Does not reject: without it, the fork has no charts of differences. */
  supplyParent: async (reader: RunReader, id = reader.info?.id ?? reader.name): Promise<void> => {
    const loaded = await load(reader, id).catch(() => null)
    if (loaded) lab.series.supplyParent(loaded.run)
  },
})
