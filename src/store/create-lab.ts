/** Puts the store together: state, worker, runs and actions. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { RunConfig } from '../config/config.ts'
import { presets } from '../config/presets.ts'
import { messageOf } from '../message.ts'
import type { Moment } from '../protocol/run-events.ts'
import type { Run } from '../runs/reduce.ts'
import { createClient } from '../worker/client.ts'
import { cacheActions } from './cache-actions.ts'
import { configActions } from './config-actions.ts'
import type { LabContext, LabHost } from './context.ts'
import { dataActions, withoutReading } from './data-actions.ts'
import { duringActions } from './during.ts'
import { configOfLink, unitOfLink } from './link.ts'
import { liveActions } from './live-actions.ts'
import { measureActions } from './measure-actions.ts'
import { loadConfig, saveConfig } from './persist.ts'
import { receive, receiveCrash } from './receive.ts'
import { recentActions } from './recent-actions.ts'
import { runActions } from './run-actions.ts'
import { type LabState, notMeasuring, type ViewState } from './state.ts'
import { createTimeLeft } from './time-left.ts'

const initialView: ViewState = { x: 'epoch', range: null, cursor: null, moment: null, site: null, unit: null }

const initialState = (config: RunConfig, failure: string | null): LabState => ({
  device: { status: 'starting' },
  data: { status: 'none' },
  config,
  fieldErrors: {},
  drafts: {},
  run: { status: 'idle', id: null, end: null, moment: { step: 0, epoch: 0 } },
  live: { alpha: 0, on: true, held: false },
  view: initialView,
  status: '',
  tuning: null,
  preparing: null,
  caches: null,
  classSamples: null,
  recent: [],
  retune: false,
  eager: false,
  failure,
  exporting: { active: false, note: null },
  measuring: notMeasuring,
  during: null,
})

/** The address first, then the last visit, then the first preset. */
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

function momentOf(run: Run): Moment {
  const last = run.steps.length - 1
  if (last < 0) return { step: run.start?.fromStep ?? 0, epoch: 0 }
  return { step: run.steps.column('step')[last], epoch: run.steps.column('epoch')[last] }
}

/** Keeps the shown moment a few steps a second behind the run and the last configuration for the next visit. */
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

/** Gives up a worker that found no GPU; data must be read again by the next. */
function replaceWorker({ store, client, session }: LabContext): void {
  client.close()
  session.lost = true
  session.reading = null
  store.setState(({ data }) => ({ data: withoutReading(data) }))
}

function pageActions(lab: LabContext) {
  const { store, client } = lab
  return {
    /** Starts the worker, which then looks for a GPU; after a refusal, a new one looks again. */
    open: (): void => {
      if (store.getState().device.status === 'refused') replaceWorker(lab)
      if (store.getState().device.status !== 'ready') store.setState({ device: { status: 'starting' } })
      client.open()
    },
    setView: (partial: Partial<ViewState>): void => store.setState(({ view }) => ({ view: { ...view, ...partial } })),
    dismissFailure: (): void => store.setState({ failure: null }),
  }
}

/** The lab of a page. Nothing runs until `open` or the first command. */
export function createLab(host: LabHost) {
  const store: StoreApi<LabState> = createStore(() => firstState(host))
  const client = createClient(host.connect, {
    onMessage: (message) => receive(lab, message),
    onCrash: (reason) => receiveCrash(lab, reason),
  })
  const session = {
    reading: null,
    loaded: null,
    lost: false,
    startAfterReading: false,
    request: 0,
    sources: Promise.resolve(),
    storageAsked: false,
    timeLeft: createTimeLeft(),
    announced: 0,
    measurement: 0,
    due: [],
    holding: false,
  }
  const lab: LabContext = { store, client, series: host.series, host, session }
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
    ...measureActions(lab),
    ...duringActions(lab),
  }
}
