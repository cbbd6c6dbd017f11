/** Puts experiments together: the list of runs, the comparison and the plan. */
import { createStore } from 'zustand/vanilla'
import { createSerialQueue, type SerialQueue } from '../../serial-queue.ts'
import type { Experiments, ExperimentsHost } from './context.ts'
import { saveRun } from './library.ts'
import { libraryActions } from './library-actions.ts'
import { planActions } from './plan-actions.ts'
import { firstDraft } from './plan-draft.ts'
import type { Center, Comparison, ExperimentsState } from './state.ts'

const initialState: ExperimentsState = {
  center: 'run',
  runs: [],
  busy: null,
  leftOut: new Set(),
  problems: [],
  examples: [],
  comparison: { metric: 'top1', by: 'arm', band: 'interval', reference: null, range: null },
  draft: firstDraft,
  plan: null,
  timing: false,
}

/** Lists a run of this page when it ends, and updates it after each of its measurements, one after another. */
function follow(experiments: Experiments, queue: SerialQueue): void {
  const { lab, series } = experiments.host
  lab.store.subscribe(({ run, measuring }, before) => {
    const ended = run.status === 'ended' && before.run.status !== 'ended'
    const over = measuring.current === null ? before.measuring.current : null
    const measured = over && over.measurement.kind !== 'profile' ? over : null
    const changed = ended ? series.current() : measured && series.find(measured.runId)
    if (changed?.end) void queue(() => saveRun(experiments, changed))
  })
}

export function createExperiments(host: ExperimentsHost) {
  const store = createStore<ExperimentsState>(() => initialState)
  const experiments: Experiments = { store, host, stored: new Map(), trials: new Set(), removed: new Set() }
  const queue = createSerialQueue()
  follow(experiments, queue)
  return {
    store,
    /** Resolves when the runs that have ended and their measurements so far are listed and stored. */
    saved: (): Promise<void> => queue(() => {}),
    ...libraryActions(experiments),
    ...planActions(experiments),
    showCenter: (center: Center): void => store.setState({ center }),
    compareBy: (partial: Partial<Comparison>): void =>
      store.setState(({ comparison }) => ({ comparison: { ...comparison, ...partial } })),
  }
}
