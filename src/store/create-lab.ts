/** Puts the store together: state, worker, runs and actions. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { RunConfig } from '../config/config.ts'
import { defaultPreset } from '../config/presets.ts'
import { messageOf } from '../message.ts'
import { createSerialQueue } from '../serial-queue.ts'
import { createClient } from '../worker/client.ts'
import { autoMeasureActions } from './auto-measure.ts'
import { cacheActions } from './cache-actions.ts'
import { configActions } from './config-actions.ts'
import { type LabContext, type LabHost, say } from './context.ts'
import { dataActions } from './data-actions.ts'
import { exportActions } from './export-actions.ts'
import { configOfLink, linksConfig, unitOfLink } from './link.ts'
import { liveActions } from './live-actions.ts'
import { measureActions } from './measure-actions.ts'
import { momentOf } from './moment.ts'
import { openRunActions } from './open-run.ts'
import { nothingPending } from './pending.ts'
import { loadConfig, loadKeepScreenOn, saveConfig, saveKeepScreenOn } from './persist.ts'
import { endWork, receive, receiveCrash } from './receive.ts'
import { recentActions } from './recent-actions.ts'
import { closeWorker } from './replace-worker.ts'
import { resumeActions } from './resume-actions.ts'
import { runActions } from './run-actions.ts'
import { createScreenKeeper } from './screen.ts'
import { type LabState, noFailure, noRun, notMeasuring, notPreparing, type ViewState } from './state.ts'
import { isTraining } from './status.ts'
import { unitsActions } from './units-actions.ts'
import { weightsActions } from './weights-actions.ts'

const initialView: ViewState = { x: 'epoch', range: null, cursor: null, moment: null, site: null, unit: null }

const initialState = (config: RunConfig, failure: string | null, keepScreenOn: boolean): LabState => ({
  device: { status: 'starting' },
  data: { status: 'none' },
  audit: null,
  findings: null,
  config,
  fieldErrors: {},
  drafts: {},
  run: noRun,
  live: { alpha: 0, on: true, held: false },
  view: initialView,
  status: '',
  ...notPreparing,
  space: null,
  notStored: null,
  caches: null,
  classSamples: null,
  recent: [],
  retune: false,
  weights: { status: 'none' },
  eager: false,
  keepScreenOn,
  ...noFailure,
  failure,
  resuming: null,
  resumeProblem: null,
  recovered: null,
  exporting: { active: false, note: null },
  opening: null,
  openingNotes: [],
  withoutCheckpoints: new Map(),
  measuring: notMeasuring,
  autoMeasure: null,
  requests: { data: 0, weights: 0, measurement: 0, dataLost: false, storage: false, announcedAt: 0 },
})

/** Takes the configuration from the address, else from the last visit, else from the preset for a GPU. */
function firstState({ hash, memory }: LabHost): LabState {
  const fallback = loadConfig(memory) ?? defaultPreset({ software: false }).config
  const keepScreenOn = loadKeepScreenOn(memory)
  try {
    const state = initialState(configOfLink(hash) ?? fallback, null, keepScreenOn)
    return { ...state, view: { ...state.view, ...unitOfLink(hash) } }
  } catch (error) {
    const reason = messageOf(error)
    return initialState(fallback, `The configuration in the link was not used: ${reason}`, keepScreenOn)
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

/** Closes a worker that has no GPU, which ends its measurement. Its successor goes on with its run. */
function replaceWorker(lab: LabContext): void {
  const message = 'The training worker was replaced, because it had no usable GPU.'
  closeWorker(lab)
  const state = lab.store.getState()
  if (isTraining(state) || state.measuring.current) endWork(lab, 'device-lost', message)
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
    /** Whether the screen stays on while a run trains; remembered for later visits. */
    setKeepScreenOn: (keepScreenOn: boolean): void => {
      store.setState({ keepScreenOn })
      saveKeepScreenOn(lab.host.memory, keepScreenOn)
    },
    /** Puts a sentence into the live region. */
    say: (text: string): void => say(lab, text),
    dismissNotStored: (): void => store.setState({ notStored: null }),
    dismissFailure: (): void => store.setState(noFailure),
  }
}

/** Keeps the screen on while a run trains, and requests a resume point when the page is hidden: it may be about to close. */
function watchScreen({ store, host: { screen }, client }: LabContext): void {
  const keep = createScreenKeeper(screen)
  store.subscribe((state, before) => {
    if (state.run.status !== before.run.status || state.keepScreenOn !== before.keepScreenOn) keep(state)
  })
  screen.onChange(() => {
    const state = store.getState()
    keep(state)
    if (!screen.isVisible() && isTraining(state)) client.post({ type: 'save-resume-point' })
  })
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
    undecided: loadConfig(host.memory) === null && !linksConfig(host.hash),
  }
  follow(lab)
  watchScreen(lab)
  return {
    store,
    ...pageActions(lab),
    ...configActions(lab),
    ...dataActions(lab),
    ...recentActions(lab),
    ...cacheActions(lab),
    ...liveActions(lab),
    ...runActions(lab),
    ...resumeActions(lab),
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
