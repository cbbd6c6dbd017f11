/** Puts the store together: state, worker, runs and actions. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { RunConfig } from '../config/config.ts'
import { presets } from '../config/presets.ts'
import { messageOf } from '../message.ts'
import { createSerialQueue } from '../serial-queue.ts'
import { createClient } from '../worker/client.ts'
import { autoMeasureActions } from './auto-measure.ts'
import { cacheActions } from './cache-actions.ts'
import { configActions } from './config-actions.ts'
import { type LabContext, type LabHost, setRequests } from './context.ts'
import { dataActions, nextRequest, withoutReading } from './data-actions.ts'
import { exportActions } from './export-actions.ts'
import { configOfLink, unitOfLink } from './link.ts'
import { liveActions } from './live-actions.ts'
import { measureActions } from './measure-actions.ts'
import { momentOf } from './moment.ts'
import { openRunActions } from './open-run.ts'
import { nothingPending } from './pending.ts'
import { loadConfig, saveConfig } from './persist.ts'
import { endWork, receive, receiveCrash } from './receive.ts'
import { recentActions } from './recent-actions.ts'
import { runActions } from './run-actions.ts'
import { type LabState, notMeasuring, type ViewState } from './state.ts'
import { isTraining } from './status.ts'
import { unitsActions } from './units-actions.ts'
import { loseWeights, weightsActions } from './weights-actions.ts'

const initialView: ViewState = { x: 'epoch', range: null, cursor: null, moment: null, site: null, unit: null }

const initialState = (config: RunConfig, failure: string | null): LabState => ({
  device: { status: 'starting' },
  data: { status: 'none' },
  config,
  fieldErrors: {},
  drafts: {},
  run: { status: 'idle', id: null, config: null, end: null, moment: { step: 0, epoch: 0 } },
  live: { alpha: 0, on: true, held: false },
  view: initialView,
  status: '',
  tuning: null,
  preparing: null,
  caches: null,
  classSamples: null,
  recent: [],
  retune: false,
  weights: { status: 'none' },
  eager: false,
  failure,
  fittingMicroBatch: null,
  exporting: { active: false, note: null },
  opening: null,
  openingNotes: [],
  measuring: notMeasuring,
  autoMeasure: null,
  requests: { data: 0, weights: 0, measurement: 0, dataLost: false, storage: false, announcedAt: 0 },
})

/** Takes the configuration from the address, else from the last visit, else from the first preset. */
function firstState({ hash, memory }: LabHost): LabState {
  const fallback = loadConfig(memory) ?? presets[0].config
  try {
    const state = initialState(configOfLink(hash) ?? fallback, null)
    return { ...state, view: { ...state.view, ...unitOfLink(hash) } }
  } catch (error) {
    const reason = messageOf(error)
    return initialState(fallback, `The configuration in the link was not used: ${reason}`)
  }
}

/** Updates the shown moment a few times a second, and saves the configuration for the next visit. */
function follow({ store, series, host }: LabContext): void {
  series.subscribe(() => {
    const current = series.current()
    const { run } = store.getState()
    if (!current || current.end) return
    const moment = momentOf(current)
    if (moment.step !== run.moment.step) store.setState({ run: { ...run, moment } })
  })
  store.subscribe((state, before) => {
    if (state.config !== before.config) saveConfig(host.memory, state.config)
  })
}

/** Closes a worker that has no GPU, which ends its paused run and its measurement. Its successor must read the data again. */
function replaceWorker(lab: LabContext): void {
  lab.client.close()
  const state = lab.store.getState()
  if (isTraining(state) || state.measuring.current)
    endWork(lab, 'The training worker was replaced, because it had no usable GPU.')
  setRequests(lab, { dataLost: true })
  loseWeights(lab)
  lab.store.setState(({ data }) => ({ data: withoutReading(data) }))
  nextRequest(lab)
}

function pageActions(lab: LabContext) {
  const { store, client } = lab
  return {
    /** Starts the worker, which then looks for a GPU. After a refusal, a new worker looks again. */
    open: (): void => {
      if (store.getState().device.status === 'refused') replaceWorker(lab)
      if (store.getState().device.status !== 'ready') store.setState({ device: { status: 'starting' } })
      client.open()
    },
    setView: (partial: Partial<ViewState>): void => store.setState(({ view }) => ({ view: { ...view, ...partial } })),
    dismissFailure: (): void => store.setState({ failure: null, fittingMicroBatch: null }),
  }
}

/** The lab of a page. The worker starts with `open` or with the first command. */
export function createLab(host: LabHost) {
  const store: StoreApi<LabState> = createStore(() => firstState(host))
  const client = createClient(host.connect, {
    onMessage: (message) => receive(lab, message),
    onCrash: (reason) => receiveCrash(lab, reason),
  })
  const lab: LabContext = {
    store,
    client,
    series: host.series,
    host,
    pending: nothingPending(),
    sourceChanges: createSerialQueue(),
  }
  follow(lab)
  return {
    store,
    ...pageActions(lab),
    ...configActions(lab),
    ...dataActions(lab),
    ...recentActions(lab),
    ...cacheActions(lab),
    ...liveActions(lab),
    ...runActions(lab),
    ...weightsActions(lab),
    ...measureActions(lab),
    ...autoMeasureActions(lab),
    ...exportActions(lab),
    ...openRunActions(lab),
    ...unitsActions(lab),
  }
}

/** The store of a page and its actions. */
export type Lab = ReturnType<typeof createLab>
