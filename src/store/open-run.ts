/** Opens stored runs in the run view. */
import { messageOf } from '../message.ts'
import type { RunReader } from '../runs/format/reader.ts'
import type { loadRun } from '../runs/load-run.ts'
import type { GrowingRun } from '../runs/reduce.ts'
import { changeStatus, type LabContext, say } from './context.ts'
import { momentOf } from './moment.ts'
import { isAbort } from './pending.ts'
import { noRun } from './state.ts'
import { isActive } from './status.ts'

/** A stored run that is shown. */
export interface Stored {
  readonly run: GrowingRun
  /** Step of its newest resume point; −1 without one. */
  readonly point: number
  /** It trains in another tab. */
  readonly followed?: boolean
}

/** Shows the run as the one that this page trained last: it can be measured, and it can go on. */
function showInstead(lab: LabContext, { run, point, followed = false }: Stored): void {
  const { store, series } = lab
  series.open(run, 'instead')
  changeStatus(lab, run.end ? 'show-ended' : followed ? 'follow' : 'show-interrupted')
  const { step, epoch } = run.end ?? momentOf(run)
  const { id, start, end } = run
  const config = start?.config ?? null
  store.setState(({ run: { status } }) => ({
    run: { ...noRun, status, id, config, end, moment: { step, epoch }, point },
  }))
}

/** Puts a stored run away. The page then shows the run that it trained before, or none. */
function leaveRun(lab: LabContext): void {
  const { store, series } = lab
  if (isActive(store.getState().run.status)) series.close()
  else {
    const before = series.leave()
    changeStatus(lab, before ? 'show-ended' : 'leave')
    const { status } = store.getState().run
    const { id = null, start, end = null } = before ?? {}
    const moment = before ? momentOf(before) : noRun.moment
    store.setState({ run: { ...noRun, status, id, config: start?.config ?? null, end, moment } })
  }
  store.setState(({ view }) => ({
    view: { ...view, range: null, cursor: null, moment: null, site: null, unit: null },
    openingNotes: [],
  }))
}

/** Shows a stored run; a run that trains goes on unseen. */
export function showStored(lab: LabContext, stored: Stored): void {
  if (isActive(lab.store.getState().run.status)) lab.series.open(stored.run, 'beside')
  else showInstead(lab, stored)
}

/** Shows a run from its beginning to its newest probe. */
function show(lab: LabContext, stored: Stored): void {
  showStored(lab, stored)
  lab.store.setState(({ view }) => ({ view: { ...view, range: null, cursor: null, moment: null } }))
}

/** Few visits open a stored run. */
const load = async (...args: Parameters<typeof loadRun>) => (await import('../runs/load-run.ts')).loadRun(...args)

/** Finds out whether a shown run can be measured here, without delaying its charts. */
async function findCheckpoints({ store }: LabContext, reader: RunReader, { id, checkpoints }: GrowingRun) {
  if (checkpoints.length === 0) return
  const isBare = await reader.checkpoints().then(
    (found) => found.length === 0,
    () => false,
  )
  store.setState(({ withoutCheckpoints: before }) => {
    const others = [...before].filter((one) => one !== id)
    return { withoutCheckpoints: new Set(isBare ? [...others, id] : others) }
  })
}

async function openRun(lab: LabContext, reader: RunReader, id: string): Promise<void> {
  const { store, pending } = lab
  pending.opening?.abort()
  const controller = new AbortController()
  pending.opening = controller
  store.setState({ opening: reader.name })
  try {
    const { run, problems } = await load(reader, id, controller.signal)
    const points = await reader.points().catch(() => [])
    show(lab, { run, point: points.at(-1)?.step ?? -1 })
    store.setState({ openingNotes: problems })
    void findCheckpoints(lab, reader, run)
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
  /** Shows a run that was read already, and leaves the view as it is. */
  showStored: (stored: Stored): void => showStored(lab, stored),
  /** Shows the run again that trains, or that was shown before. */
  closeRun: (): void => lab.series.close(),
  /** Puts the shown stored run away, also where nothing trains. */
  leaveRun: (): void => leaveRun(lab),
  dismissOpeningNotes: (): void => lab.store.setState({ openingNotes: [] }),
  /** Supplies the parent of a fork. Does not reject: without it, the fork has no charts of differences. */
  supplyParent: async (reader: RunReader, id = reader.info?.id ?? reader.name): Promise<void> => {
    const loaded = await load(reader, id).catch(() => null)
    if (loaded) lab.series.supplyParent(loaded.run)
  },
})
