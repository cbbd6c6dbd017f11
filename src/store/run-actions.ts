/** Starting, steering and exporting a run. */
import { bundleRun } from '../runs/bundle.ts'
import type { Run } from '../runs/reduce.ts'
import { type LabContext, say } from './context.ts'
import { mustReadAgain, read } from './data-actions.ts'
import { forgetDue } from './during.ts'
import { heldAlpha } from './live-actions.ts'
import { runId, slug } from './names.ts'
import { type LabState, notMeasuring, type RunStatus } from './state.ts'
import { isActive, startBlocker } from './status.ts'

/** Makes a new run and tells the worker to train it. */
export function begin(lab: LabContext): void {
  const { store, series, client, host, session } = lab
  const { config, live, view, retune, eager } = store.getState()
  const id = runId(host.now(), host.random())
  series.begin(id)
  host.keepFiles(id)
  session.announced = 0
  forgetDue(lab)
  store.setState({
    run: { status: 'starting', id, end: null, moment: { step: 0, epoch: 0 } },
    view: { ...view, range: null, cursor: null, moment: null },
    retune: false,
    measuring: notMeasuring,
    during: null,
    failure: null,
    status: `Starting ${config.name}.`,
  })
  client.post({ type: 'start', config, runId: id, tuning: retune ? 'again' : 'auto', eager })
  if (live.held) client.post({ type: 'alpha', value: heldAlpha(live) })
}

const withStatus =
  (status: RunStatus) =>
  ({ run }: LabState) => ({ run: { ...run, status } })

export function runActions(lab: LabContext) {
  const { store, client, session } = lab
  const is = (...allowed: RunStatus[]) => allowed.includes(store.getState().run.status)

  const start = () => {
    const reason = startBlocker(store.getState())
    if (reason) say(lab, reason)
    else if (session.loaded && mustReadAgain(lab)) {
      session.startAfterReading = true
      read(lab, session.loaded.input)
    } else begin(lab)
  }
  return {
    /** Starts a run; data that were split with another seed or share are read again first. */
    start,
    pause: (): void => {
      // A run that is held for a measurement then stays paused.
      session.holding = false
      if (!is('running', 'starting')) return
      client.post({ type: 'pause' })
      store.setState(withStatus('paused'))
      say(lab, 'Paused. Step takes one optimizer step.')
    },
    resume: (): void => {
      if (!is('paused')) return
      forgetDue(lab)
      client.post({ type: 'resume' })
      store.setState(withStatus('running'))
      say(lab, 'Training goes on.')
    },
    /** Ends the timing of kernels before a run; what was measured is kept. */
    skipTuning: (): void => {
      client.post({ type: 'skip-tuning' })
      say(lab, 'The kernels that were not timed are chosen by their shapes.')
    },
    /** Whether the next start times all kernels anew. */
    setRetune: (retune: boolean): void => store.setState({ retune }),
    /** Whether runs take their steps operation by operation instead of compiled. */
    setEager: (eager: boolean): void => store.setState({ eager }),
    /** One optimizer step of a paused run. */
    stepOnce: (): void => {
      if (!is('paused')) return
      forgetDue(lab)
      client.post({ type: 'step' })
    },
    stop: (): void => {
      if (!is('running', 'paused', 'starting')) return
      forgetDue(lab)
      client.post({ type: 'stop' })
      store.setState(withStatus('stopping'))
      say(lab, 'Stopping after this step.')
    },
    /** Offers a run as one zip; works while it trains and after any end. Without an id: the current run. */
    exportRun: (id?: string): Promise<void> => exportRun(lab, id),
  }
}

const findRun = ({ series }: LabContext, id: string | undefined): Run | null =>
  id === undefined ? series.current() : series.find(id)

async function exportRun(lab: LabContext, id: string | undefined): Promise<void> {
  const { store, host } = lab
  const run = findRun(lab, id)
  if (!run?.start || store.getState().exporting.active) return
  store.setState({ exporting: { active: true, note: null } })
  try {
    const { blob, missing } = await bundleRun(run, host.readCheckpoint)
    const name = `${slug(run.start.config.name)}-${run.id}.zip`
    host.save(blob, name)
    const note = missing.length > 0 ? `Left out, because this browser no longer has them: ${missing.join(', ')}.` : null
    store.setState({ exporting: { active: false, note }, status: `Exported ${name}.` })
  } catch (error) {
    const note = `The run could not be exported: ${String(error)}. Free some storage and export again.`
    store.setState({ exporting: { active: false, note }, status: note })
  }
}

/** True while closing the page would end a run. */
export const isTraining = (state: LabState): boolean => isActive(state.run.status)
