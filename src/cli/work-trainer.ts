/** The process that trains for a worker, one run after another: its driver may crash, and the worker lives on. */
import { type PlannedRun, parseRunName } from '../experiments/plan.ts'
import type { RunProgress } from '../experiments/queue/run-job.ts'
import { type QueueEvent, runPlan } from '../experiments/queue/run-plan.ts'
import { messageOf } from '../message.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { createThrottle } from '../throttle.ts'
import { type HostGpu, hostAdapter, openHostGpu, type SharedImages, shareImages, splitOf } from './host.ts'
import { folderHost } from './plan-host.ts'
import { createReport } from './train-run.ts'
import type { FromTrainer, ToTrainer, TrainMessage } from './work-messages.ts'

const send = (message: FromTrainer) => void process.send?.(message)

/** Milliseconds between two reports of progress. */
const interval = 2000

const nothing: Omit<RunProgress, 'worker'> = {
  ...{ adapter: '', activity: 'starting', step: 0, totalSteps: 0, epoch: 0, loss: null, top1: null },
}

/** What an event changes in the progress. */
function changeOf(event: RunEvent): Partial<typeof nothing> {
  switch (event.type) {
    case 'start':
      return { adapter: event.environment.adapter.name, totalSteps: event.totalSteps, step: event.fromStep }
    case 'activity':
      return { activity: event.activity, epoch: event.epoch }
    case 'step':
      return { step: event.step, epoch: event.epoch, loss: event.loss }
    case 'evaluation':
      return { top1: event.top1 }
    default:
      return {}
  }
}

/** Sends the worker what it needs to know of a plan's events. */
function createSender(): (event: QueueEvent) => void {
  let now = nothing
  const due = createThrottle(interval, () => performance.now())
  const show = createReport(() => {})
  const change = (changes: Partial<typeof nothing>, always: boolean) => {
    now = { ...now, ...changes }
    if (due() || always) send({ type: 'progress', progress: now })
  }
  return (event) => {
    if (event.type === 'measuring') change({ activity: 'measuring' }, true)
    if (event.type !== 'run-event') return
    const own = event.event
    if (own.type === 'start') send({ type: 'began', adapter: own.environment.adapter.name, fromStep: own.fromStep })
    show(own)
    change(changeOf(own), own.type === 'start')
  }
}

interface Trainer {
  /** The number of the adapter; null for the fastest. */
  readonly gpu: number | null
  readonly images: SharedImages
  readonly open: () => Promise<HostGpu>
}

/** The fingerprint of the images that a run has here. */
async function fingerprintOf({ images }: Trainer, { job, source }: TrainMessage, signal: AbortSignal): Promise<string> {
  await using opened = await images.open(source, splitOf(job.config), { signal })
  return opened.set.report.fingerprint
}

async function trainOne(trainer: Trainer, message: TrainMessage, signal: AbortSignal): Promise<FromTrainer> {
  const { job, source, folder, options } = message
  const config = { ...job.config, data: { ...job.config.data, source } }
  const run: PlannedRun = { name: job.name, ...parseRunName(job.name), config }
  const { images, open } = trainer
  const host = folderHost({ out: folder, measure: job.measure, ...options, open, openImages: images.open })
  const tell = createSender()
  let ended: FromTrainer = { type: 'ended', reason: 'stopped', message: 'The worker stopped.' }
  for await (const event of runPlan([run], host, signal)) {
    tell(event)
    if (event.type === 'run-skipped') {
      const reason = event.found === 'diverged' ? 'diverged' : 'finished'
      ended = { type: 'ended', reason, message: 'An earlier attempt trained it.' }
    }
    if (event.type === 'run-ended') ended = { type: 'ended', reason: event.reason, message: event.message }
    if (event.type === 'measuring-failed')
      ended = { type: 'ended', reason: 'error', message: `The run could not be measured: ${event.message}` }
  }
  return signal.aborted ? { type: 'ended', reason: 'stopped', message: 'The worker stopped.' } : ended
}

async function tellAdapter({ gpu }: Trainer): Promise<void> {
  try {
    send({ type: 'adapter', name: await hostAdapter(gpu) })
  } catch (error) {
    send({ type: 'no-adapter', message: messageOf(error) })
  }
}

/** Answers the messages of the worker. */
function serve(trainer: Trainer): void {
  let controller = new AbortController()
  let agreed = () => {}
  const train = async (message: TrainMessage) => {
    controller = new AbortController()
    const { signal } = controller
    const agreement = new Promise<void>((resolve) => {
      agreed = resolve
      signal.addEventListener('abort', () => resolve())
    })
    try {
      send({ type: 'images', fingerprint: await fingerprintOf(trainer, message, signal) })
      await agreement
      send(await trainOne(trainer, message, signal))
    } catch (error) {
      send({ type: 'ended', reason: signal.aborted ? 'stopped' : 'error', message: messageOf(error) })
    }
  }
  process.on('message', (message: ToTrainer) => {
    if (message.type === 'train') void train(message)
    else if (message.type === 'adapter') void tellAdapter(trainer)
    else if (message.type === 'agreed') agreed()
    else controller.abort()
  })
}

// The worker decides when to end: Ctrl-C in its terminal reaches this process, too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
// Without its worker nobody takes the result, and another worker has the run.
process.on('disconnect', () => process.exit(1))
const gpu = process.argv[2] === undefined ? null : Number(process.argv[2])
serve({ gpu, images: shareImages(), open: () => openHostGpu(gpu) })
