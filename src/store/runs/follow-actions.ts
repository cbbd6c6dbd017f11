/** Follows a run that trains in another tab: reads what its log gains, once a second. */
import { messageOf } from '../../message.ts'
import { logName } from '../../runs/format/log.ts'
import { openRunReader, type RunReader } from '../../runs/format/reader.ts'
import { append, createRun, type GrowingRun } from '../../runs/reduce.ts'
import { createStoredUnits } from '../../runs/units/stored.ts'
import { wait } from '../../wait.ts'
import type { Experiments } from '../experiments/context.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { ownId, refreshRuns, report } from './list.ts'

/** Milliseconds between two readings; the other tab writes at least as often. */
const interval = 1000

interface Followed {
  readonly run: GrowingRun
  /** The end of the last line that was read, in bytes. */
  readonly end: number
}

const begun = (reader: RunReader, id: string): Followed => ({
  run: createRun(id, createStoredUnits(reader.files)),
  end: 0,
})

/** Reads what the log has gained. */
async function readFrom(reader: RunReader, { run, end }: Followed): Promise<Followed> {
  let last = end
  for await (const { event, at, bytes } of reader.lines({ from: end })) {
    append(run, event)
    last = at + bytes
  }
  return { run, end: last }
}

/** The log was cut, because the run went on from a resume point: reads it again from its newest start, which cuts the run too. */
async function readCut(reader: RunReader, { run, end }: Followed): Promise<Followed> {
  let from = end
  for await (const { event, at } of reader.lines()) if (event.type === 'start') from = at
  return readFrom(reader, { run, end: from })
}

async function readOn(reader: RunReader, followed: Followed): Promise<Followed> {
  const bytes = (await reader.files.read(logName))?.size ?? 0
  if (bytes < followed.end) return readCut(reader, followed)
  // A cut log may have grown beyond its earlier end since.
  return readFrom(reader, followed).catch(() => readCut(reader, followed))
}

/** Follows a run until the other tab has ended it, or the page shows another one. Rejects with the signal's reason. */
async function follow(experiments: Experiments, { id, info }: LibraryRun, signal: AbortSignal): Promise<void> {
  const { folders, series, lab } = experiments.host
  const reader = await openRunReader(folders.open(id), info.name)
  let followed = begun(reader, id)
  for (let isTraining = true; isTraining; ) {
    isTraining = (await folders.training()).has(id)
    followed = await readOn(reader, followed)
    signal.throwIfAborted()
    lab.showStored({ run: followed.run, point: -1, followed: isTraining })
    if (!isTraining) break
    await wait(interval, signal)
    if (series.shown()?.id !== id) return
  }
  // Nobody trains it any more: it can be resumed here.
  const [listed] = await experiments.changes(() => refreshRuns(experiments, [id]))
  const point = listed?.facts.points.at(-1)?.step ?? -1
  if (!signal.aborted && series.shown()?.id === id) lab.showStored({ run: followed.run, point })
}

export function followActions(experiments: Experiments) {
  const { store, host } = experiments
  let controller = new AbortController()
  const stop = () => {
    controller.abort()
    store.setState({ followed: null })
  }
  return {
    /** Shows a run that another tab trains, and what it records. */
    followRun: async (id: string): Promise<void> => {
      const listed = store.getState().runs.find((run) => run.id === id)
      if (!listed) return
      stop()
      const own = new AbortController()
      controller = own
      store.setState({ followed: id, center: 'run' })
      try {
        await follow(experiments, listed, own.signal)
      } catch (error) {
        if (!own.signal.aborted) report(experiments, messageOf(error))
      }
      if (controller === own) stop()
    },
    stopFollowing: (): void => {
      stop()
      host.series.close()
    },
    /** Reads the runs again that another tab has begun or stopped to train. */
    watchOthers: (): Promise<void> =>
      experiments.changes(async () => {
        const training = await host.folders.training()
        const { runs, deleted } = store.getState()
        const own = ownId(experiments)
        const changed = [...runs, ...deleted].filter(
          ({ id, state }) => id !== own && (state === 'training') !== training.has(id),
        )
        const known = new Set([...runs, ...deleted].map(({ id }) => id))
        const fresh = [...training].filter((id) => id !== own && !known.has(id))
        const ids = [...changed.map(({ id }) => id), ...fresh]
        if (ids.length > 0) await refreshRuns(experiments, ids)
      }),
  }
}
