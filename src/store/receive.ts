/** Applies the worker's messages to the state. */
import { defaultPreset, presetOf } from '../config/presets.ts'
import type { AdapterReport } from '../protocol/environment.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { dataSentence } from './announce.ts'
import type { FailureCause } from './attempts.ts'
import { firstAudit, loseAudit, receiveAudited, receiveAuditing } from './audit.ts'
import { clearQueue } from './auto-measure.ts'
import { applyPreset, formOnData } from './config-actions.ts'
import { type LabContext, say, setMeasuring, setRequests } from './context.ts'
import { refuse } from './data-actions.ts'
import type { MeasurementRequest } from './measurement-request.ts'
import { ChangedImages, LabError, settle } from './pending.ts'
import { endMeasuring, receiveMeasured } from './receive-measured.ts'
import { receiveEvent, receivePoint, runFailed } from './receive-run.ts'
import { remember } from './recent-actions.ts'
import { notPreparing, type Reading } from './state.ts'
import { loseWeights, receiveWeights } from './weights-actions.ts'

type Of<T extends LabMessage['type']> = Extract<LabMessage, { type: T }>

type Receivers = { readonly [T in LabMessage['type']]: (lab: LabContext, message: Of<T>) => void }

const receivers: Receivers = {
  device: receiveDevice,
  'device-refused': receiveDevice,
  reading: receiveProgress,
  data: receiveData,
  'data-refused': receiveRefusal,
  auditing: receiveAuditing,
  audited: receiveAudited,
  findings: ({ store }, { runId, text }) => store.setState({ findings: { runId, text } }),
  samples: receiveSamples,
  preparing: receivePreparing,
  weights: receiveWeights,
  'weights-refused': receiveWeights,
  caches: ({ store }, { caches, free }) => store.setState({ caches: { caches, free } }),
  tuning: receiveTuning,
  compiling: receiveCompiling,
  event: (lab, { event, units }) => receiveEvent(lab, event, units),
  'resume-point': receivePoint,
  storage: ({ store }, { used, free, persisted }) => store.setState({ space: { used, free, persisted } }),
  'not-stored': receiveNotStored,
  failure: receiveFailure,
  'cache-not-deleted': (lab, { message }) => showFailure(lab, { message }),
  measuring: receiveMeasured,
  measured: receiveMeasured,
  profile: receiveMeasured,
  correlated: receiveMeasured,
  'measure-finished': receiveMeasured,
  'measure-failed': receiveMeasured,
}

const receiveAs = <T extends LabMessage['type']>(lab: LabContext, type: T, message: Of<T>): void =>
  receivers[type](lab, message)

export const receive = (lab: LabContext, message: LabMessage): void => receiveAs(lab, message.type, message)

function receiveNotStored(lab: LabContext, { message: notStored }: Of<'not-stored'>): void {
  lab.store.setState({ notStored })
  say(lab, notStored ?? 'The run is stored again.')
}

function receiveTuning(lab: LabContext, { done, total, work }: Of<'tuning'>): void {
  const over = work === ''
  if (!over && !lab.store.getState().tuning) say(lab, 'Timing the kernels on this GPU. This happens once.')
  lab.store.setState({ tuning: over ? null : { done, total, work } })
}

function receiveCompiling(lab: LabContext, { done, total }: Of<'compiling'>): void {
  if (done < total && !lab.store.getState().compiling) say(lab, `Compiling ${total} shaders.`)
  lab.store.setState({ compiling: done < total ? { done, total } : null })
}

function receivePreparing(lab: LabContext, { done, total, cached }: Of<'preparing'>): void {
  const { store, client } = lab
  const over = done >= total
  if (!over && !store.getState().preparing) say(lab, 'Reading images for the run.')
  store.setState({ preparing: over ? null : { done, total, cached } })
  if (over) client.post({ type: 'list-caches' })
}

/** Ignores images of a class that is no longer shown. */
function receiveSamples({ store }: LabContext, { label, samples }: Of<'samples'>): void {
  if (store.getState().classSamples?.label === label) store.setState({ classSamples: { label, samples } })
}

function receiveDevice(lab: LabContext, message: Of<'device'> | Of<'device-refused'>): void {
  if (message.type === 'device') {
    lab.store.setState({ device: { status: 'ready', adapter: message.adapter } })
    settlePreset(lab, message.adapter)
    say(lab, `GPU ready: ${message.adapter.name}.`)
    return
  }
  lab.store.setState({ device: { status: 'refused', reason: message.reason, message: message.message } })
  say(lab, `No usable GPU: ${message.message}`)
}

/** A first visit begins with the preset for its adapter, unless the user has changed the settings in the meantime. */
function settlePreset(lab: LabContext, adapter: AdapterReport): void {
  const { undecided } = lab
  lab.undecided = false
  const [assumed, own] = [defaultPreset({ software: false }), defaultPreset(adapter)]
  const isUntouched = presetOf(lab.store.getState().config) === assumed
  if (undecided && isUntouched && own !== assumed) applyPreset(lab, own.id)
}

function receiveProgress({ store }: LabContext, { request, done }: Of<'reading'>): void {
  const { data, requests } = store.getState()
  if (data.status !== 'reading' || !data.reading || request !== requests.data) return
  store.setState({ data: { ...data, done } })
}

function receiveData(lab: LabContext, { request, report, samples, secondsPerImage }: Of<'data'>): void {
  const { store, pending } = lab
  const { data, requests } = store.getState()
  const reading = data.status === 'reading' ? data.reading : null
  if (!reading || request !== requests.data) {
    // Cancelled or replaced too late: the worker now holds a dataset that the page does not show.
    setRequests(lab, { dataLost: true })
    loseAudit(lab)
    return
  }
  setRequests(lab, { dataLost: false })
  store.setState(({ config, drafts, fieldErrors }) => {
    const form = formOnData(config, report)
    return {
      data: { status: 'ready', reading, report, samples },
      audit: firstAudit(request, report, secondsPerImage),
      findings: null,
      classSamples: null,
      config: form.config,
      drafts: omitClasses(drafts),
      fieldErrors: omitClasses(fieldErrors),
      status: `${dataSentence(report)}${form.text}`,
    }
  })
  saveOwn(lab, reading)
  settle(pending, 'reading', null)
}

/** Remembers the user's own source, and asks the browser not to clear the images that are cached from it. */
function saveOwn(lab: LabContext, { input, layout }: Reading): void {
  if (input.kind === 'cifar10') return
  if (!lab.store.getState().requests.storage) lab.host.requestStorage()
  setRequests(lab, { storage: true })
  lab.client.post({ type: 'list-caches' })
  if (input.kind === 'handles') void remember(lab, input, layout)
}

const omitClasses = ({ 'data.classes': _, ...rest }: Readonly<Record<string, string>>) => rest

/** Ignores answers to cancelled requests, which may arrive while the next source is being read. */
function receiveRefusal(lab: LabContext, { request, message, cancelled }: Of<'data-refused'>): void {
  const { data, requests } = lab.store.getState()
  if (data.status !== 'reading' || !data.reading || cancelled || request !== requests.data) return
  refuse(lab, message)
}

const showFailure = (
  { store }: LabContext,
  { message, microBatchSize, recompute = false }: Omit<Of<'failure'>, 'type'>,
): void =>
  store.setState({
    failure: message,
    fittingMicroBatch: microBatchSize ?? null,
    fitsRecomputed: recompute,
    status: message,
  })

/** A clause as a sentence. */
const sentence = (clause: string) => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`

/** The run failed, or could not start. */
function receiveFailure(lab: LabContext, failure: Of<'failure'>): void {
  const { message, changedImages = false } = failure
  const { store } = lab
  // A recovery that goes on shows what it does itself, and a run with other images what the user may do.
  if (store.getState().run.status !== 'recovering' && !changedImages) showFailure(lab, failure)
  store.setState(notPreparing)
  runFailed(lab, changedImages ? new ChangedImages(sentence(message)) : new LabError(message))
}

/** The measurements that paused the run: the one in progress and those that wait. */
function pausedFor({ store }: LabContext): readonly MeasurementRequest[] {
  const { run, measuring } = store.getState()
  const { current, queue } = measuring
  const isOwn = current?.runId === run.id && current.measurement.kind !== 'profile'
  return run.status === 'auto-paused' ? [...(isOwn ? [current.measurement] : []), ...queue] : []
}

/** The worker is gone. The page resumes its run where it can; records and results so far stay. */
export function endWork(lab: LabContext, cause: FailureCause, message: string): void {
  const { store } = lab
  const waiting = pausedFor(lab)
  clearQueue(lab)
  endMeasuring(lab, new LabError(`${message} The results so far are saved.`))
  store.setState(notPreparing)
  runFailed(lab, new LabError(message), cause)
  if (store.getState().run.status === 'recovering') setMeasuring(lab, { queue: waiting })
  else showFailure(lab, { message })
}

/** The worker died. */
export function receiveCrash(lab: LabContext, reason: string): void {
  const { store } = lab
  const { device, data } = store.getState()
  const message = `The training worker stopped: ${reason}.`
  setRequests(lab, { dataLost: true })
  loseAudit(lab)
  if (data.status === 'reading') refuse(lab, message)
  loseWeights(lab)
  if (device.status === 'starting') store.setState({ device: { status: 'refused', reason: 'error', message } })
  endWork(lab, 'worker-crashed', message)
}
