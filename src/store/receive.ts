/** What the worker's messages do to the state. */
import type { DataInput } from '../protocol/data-report.ts'
import type { LabMessage } from '../protocol/messages.ts'
import type { EndEvent, RecordedEvent } from '../protocol/run-events.ts'
import { dataSentence, eventSentence } from './announce.ts'
import { fitToData } from './config-actions.ts'
import { type LabContext, say } from './context.ts'
import { refuse } from './data-actions.ts'
import { checkpointSaved, forgetDue, runRests } from './during.ts'
import { endMeasuring, receiveMeasured } from './receive-measured.ts'
import { remember } from './recent-actions.ts'
import { begin } from './run-actions.ts'
import { isActive, loadedData } from './status.ts'

type Of<T extends LabMessage['type']> = Extract<LabMessage, { type: T }>

/** Milliseconds between two announced measurements: a screen reader must not talk all the time. */
const quiet = 15_000

export function receive(lab: LabContext, message: LabMessage): void {
  switch (message.type) {
    case 'device':
    case 'device-refused':
      receiveDevice(lab, message)
      break
    case 'reading':
      receiveProgress(lab, message)
      break
    case 'data':
      receiveData(lab, message)
      break
    case 'data-refused':
      receiveRefusal(lab, message)
      break
    case 'samples':
      receiveSamples(lab, message)
      break
    case 'preparing':
      receivePreparing(lab, message)
      break
    case 'caches':
      lab.store.setState({ caches: { caches: message.caches, free: message.free } })
      break
    case 'tuning':
      receiveTuning(lab, message)
      break
    case 'event':
      receiveEvent(lab, message.event)
      break
    case 'failure':
      receiveFailure(lab, message.message)
      break
    case 'measuring':
    case 'measured':
    case 'profile':
    case 'correlated':
    case 'measure-finished':
    case 'measure-failed':
      receiveMeasured(lab, message)
      break
    default:
      message satisfies never
  }
}

function receiveTuning(lab: LabContext, { done, total, work }: Of<'tuning'>): void {
  const over = work === ''
  if (!over && !lab.store.getState().tuning) say(lab, 'Timing kernels on this adapter, once.')
  lab.store.setState({ tuning: over ? null : { done, total, work } })
}

function receivePreparing(lab: LabContext, { done, total, kept }: Of<'preparing'>): void {
  const { store, client } = lab
  const over = done >= total
  if (!over && !store.getState().preparing) say(lab, 'Decoding images for the run.')
  store.setState({ preparing: over ? null : { done, total, kept } })
  if (over) client.post({ type: 'list-caches' })
}

/** An answer about a class that is no longer looked at comes too late. */
function receiveSamples({ store }: LabContext, { label, samples }: Of<'samples'>): void {
  if (store.getState().classSamples?.label === label) store.setState({ classSamples: { label, samples } })
}

function receiveDevice(lab: LabContext, message: Of<'device'> | Of<'device-refused'>): void {
  if (message.type === 'device') {
    lab.store.setState({ device: { status: 'ready', adapter: message.adapter } })
    say(lab, `GPU ready: ${message.adapter.name}.`)
    return
  }
  lab.store.setState({ device: { status: 'refused', reason: message.reason, message: message.message } })
  say(lab, `No usable GPU: ${message.message}`)
}

function receiveProgress({ store, session, host }: LabContext, { request, done, total }: Of<'reading'>): void {
  const { data } = store.getState()
  if (data.status !== 'reading' || !session.reading || request !== session.request) return
  const left = total === 0 ? null : session.timeLeft.add(host.now().getTime(), done, total)
  store.setState({ data: { ...data, done, total, left } })
}

function receiveData(lab: LabContext, { request, report, samples, secondsPerImage }: Of<'data'>): void {
  const { store, session } = lab
  if (!session.reading) {
    // Cancelled too late: the worker now holds data that the page does not show.
    session.lost = true
    return
  }
  // An answer to an older request: that to the newest one is still to come.
  if (request !== session.request) return
  session.loaded = session.reading
  session.reading = null
  session.lost = false
  store.setState(({ config, drafts, fieldErrors }) => ({
    data: { status: 'ready', report, samples, secondsPerImage },
    classSamples: null,
    config: fitToData(config, report),
    drafts: omitClasses(drafts),
    fieldErrors: omitClasses(fieldErrors),
    status: dataSentence(report),
  }))
  keepOwn(lab, session.loaded.input)
  const goOn = session.startAfterReading
  session.startAfterReading = false
  if (goOn) begin(lab)
}

/** The user's own data are remembered, and what is decoded from them stays when the disk fills. */
function keepOwn(lab: LabContext, input: DataInput): void {
  if (input.kind === 'cifar10') return
  if (!lab.session.storageAsked) lab.host.keepStorage()
  lab.session.storageAsked = true
  lab.client.post({ type: 'list-caches' })
  if (input.kind === 'handles') void remember(lab, input)
}

const omitClasses = ({ 'data.classes': _, ...rest }: Readonly<Record<string, string>>) => rest

/** What was cancelled is over for the page already; its answer may come when the next source is being read. */
function receiveRefusal(lab: LabContext, { request, message, cancelled }: Of<'data-refused'>): void {
  const { session } = lab
  if (!session.reading || cancelled || request !== session.request) return
  session.reading = null
  session.startAfterReading = false
  refuse(lab, message)
}

function receiveEvent(lab: LabContext, event: RecordedEvent): void {
  const { store, series } = lab
  if (series.current()?.end) return
  series.add(event)
  if (event.type === 'start') {
    store.setState(({ run }) => ({ run: { ...run, status: run.status === 'starting' ? 'running' : run.status } }))
  }
  if (event.type === 'checkpoint') checkpointSaved(lab, event)
  if (event.type === 'end') endRun(lab, event)
  if (event.type === 'end' || (event.type === 'activity' && event.activity === 'paused')) runRests(lab)
  announce(lab, event)
}

/** The control goes back to the schedule, so that the next run is not held by what was set for this one. */
function endRun({ store, session }: LabContext, end: EndEvent): void {
  session.holding = false
  store.setState(({ run, live }) => ({
    run: { ...run, status: 'ended', end, moment: { step: end.step, epoch: end.epoch } },
    live: { ...live, on: true, held: false },
    during: null,
    tuning: null,
    preparing: null,
  }))
}

function announce(lab: LabContext, event: RecordedEvent): void {
  const { session } = lab
  const measured = event.type === 'probe' || event.type === 'evaluation'
  if (measured && event.time - session.announced < quiet) return
  if (measured) session.announced = event.time
  const sentence = eventSentence(event)
  if (sentence) say(lab, sentence)
}

function receiveFailure(lab: LabContext, message: string): void {
  const { store } = lab
  store.setState({ failure: message, status: message, tuning: null, preparing: null })
  if (isActive(store.getState().run.status)) giveUpRun(lab, message)
}

/** A run that failed without an end of its own gets one; one that had not even started is forgotten. */
function giveUpRun(lab: LabContext, message: string): void {
  const { store, series } = lab
  const current = series.current()
  if (current?.start) {
    const { moment } = store.getState().run
    const advice = 'Everything recorded is still here: export it, then start again.'
    receiveEvent(lab, { type: 'end', ...moment, reason: 'error', message, advice, time: current.time })
    return
  }
  series.drop()
  const shown = series.current()
  store.setState({
    run: {
      status: shown ? 'ended' : 'idle',
      id: shown?.id ?? null,
      end: shown?.end ?? null,
      moment: { step: shown?.end?.step ?? 0, epoch: shown?.end?.epoch ?? 0 },
    },
  })
}

/** The worker died: the run ends where it was, and what was recorded stays. */
export function receiveCrash(lab: LabContext, reason: string): void {
  const { store, session } = lab
  const { device, data } = store.getState()
  const message = `The training worker stopped: ${reason}.`
  session.lost = true
  session.startAfterReading = false
  session.reading = null
  if (data.status === 'reading') store.setState({ data: { status: 'refused', message, previous: loadedData(data) } })
  if (device.status === 'starting') store.setState({ device: { status: 'refused', reason: 'error', message } })
  forgetDue(lab)
  endMeasuring(lab, `${message} What was measured is kept.`)
  receiveFailure(lab, message)
}
