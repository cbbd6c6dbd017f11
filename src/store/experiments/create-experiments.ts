/** Puts experiments together: the list of runs, the comparison and the plan. */
import { createStore } from 'zustand/vanilla'
import { messageOf } from '../../message.ts'
import { measuredTexts } from '../../runs/measured.ts'
import type { Run } from '../../runs/reduce.ts'
import { createSerialQueue } from '../../serial-queue.ts'
import { addTables } from '../runs/complete.ts'
import { continueActions } from '../runs/continue-actions.ts'
import { addToNote, editActions } from '../runs/edit-actions.ts'
import { exampleActions } from '../runs/example-actions.ts'
import { followActions } from '../runs/follow-actions.ts'
import { libraryActions } from '../runs/library-actions.ts'
import { refreshRuns, report } from '../runs/list.ts'
import { openActions } from '../runs/open-actions.ts'
import { resumeListedActions } from '../runs/resume-listed.ts'
import { shareActions } from '../runs/share-actions.ts'
import type { Experiments, ExperimentsHost } from './context.ts'
import { firstDraft } from './first-draft.ts'
import { plans } from './plans.ts'
import type { Center, Comparison, ExperimentsState } from './state.ts'

const initialState: ExperimentsState = {
  center: 'run',
  runs: [],
  deleted: [],
  damaged: [],
  table: { text: '', order: { column: 'date', descending: true }, selected: new Set() },
  undo: [],
  storage: null,
  repetition: null,
  followed: null,
  busy: null,
  leftOut: new Set(),
  problems: [],
  examples: [],
  exampleOf: new Map(),
  comparison: { metric: 'top1', by: 'arm', band: 'interval', reference: null, range: null },
  draft: firstDraft,
  plan: null,
  timing: false,
}

/** Lists a run of this page as it is now. A run that only times steps leaves no trace. */
async function listOwn(experiments: Experiments, run: Run, isMeasured: boolean): Promise<void> {
  const { trials, host } = experiments
  const name = run.start?.config.name ?? run.id
  try {
    if (trials.has(run.id)) {
      if (run.end) await host.folders.remove(run.id)
      return
    }
    if (isMeasured) await addTables(experiments, run.id, measuredTexts(run.measured), true)
    await refreshRuns(experiments, [run.id], run.end ? run.id : null)
    if (run.end) await host.lab.readUnitsFrom(run.id, host.folders.open(run.id))
  } catch (error) {
    report(experiments, `${name} could not be added to the runs: ${messageOf(error)}. Export it.`)
  }
}

/** Lists a run of this page when it begins and when it ends, and stores its measurements, one after another. */
function follow(experiments: Experiments): void {
  const { lab, series } = experiments.host
  lab.store.subscribe(({ run, measuring }, before) => {
    const started = run.status === 'running' && before.run.status === 'starting'
    const ended = run.status === 'ended' && before.run.status !== 'ended'
    const over = measuring.current === null ? before.measuring.current : null
    const measured = over && over.measurement.kind !== 'profile' ? over : null
    const changed = started || ended ? series.current() : measured && series.find(measured.runId)
    if (changed?.start) void experiments.changes(() => listOwn(experiments, changed, measured !== null))
  })
  lab.store.subscribe(({ findings }, before) => {
    if (findings && findings !== before.findings)
      void experiments.changes(() => addToNote(experiments, findings.runId, findings.text))
  })
}

export function createExperiments(host: ExperimentsHost) {
  const store = createStore<ExperimentsState>(() => initialState)
  const changes = createSerialQueue()
  const experiments: Experiments = {
    store,
    host,
    changes,
    shown: new Map(),
    catalogued: new Map(),
    trials: new Set(),
  }
  follow(experiments)
  const following = followActions(experiments)
  const library = libraryActions(experiments)
  return {
    store,
    /** Resolves when the runs that have ended and their measurements so far are listed and stored. */
    saved: (): Promise<void> => changes(() => {}),
    ...library,
    ...editActions(experiments),
    ...shareActions(experiments),
    ...exampleActions(experiments, library.openLibrary),
    ...openActions(experiments, following.followRun),
    ...continueActions(experiments),
    ...resumeListedActions(experiments),
    ...following,
    ...plans(experiments),
    showCenter: (center: Center): void => store.setState({ center }),
    compareBy: (partial: Partial<Comparison>): void =>
      store.setState(({ comparison }) => ({ comparison: { ...comparison, ...partial } })),
  }
}
