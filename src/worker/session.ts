/** Runs the page's commands in a worker, with one GPU, one dataset, one run and one measurement. */
import { DeviceError } from '../gpu/device.ts'
import type { Gpu } from '../gpu/read.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import { type CommandQueue, createCommandQueue } from './command-queue.ts'
import type { SessionHost } from './host.ts'
import { correlated, createMeasuring, type Measuring } from './measure.ts'
import { createTraining, type Training } from './training.ts'
import { readWeights } from './weights.ts'

export interface Session {
  readonly handle: (command: LabCommand) => void
}

type Command<T extends LabCommand['type']> = Extract<LabCommand, { type: T }>

interface State {
  readonly host: SessionHost
  /** Commands that change how a run proceeds. */
  readonly queue: CommandQueue
  readonly training: Training
  readonly measuring: Measuring
}

/** Opens a device and posts its adapter, or posts why there is none and resolves with null. */
async function openReported({ openGpu, post }: SessionHost): Promise<Gpu | null> {
  try {
    const gpu = await openGpu()
    post({ type: 'device', adapter: gpu.adapter })
    return gpu
  } catch (error) {
    const known = error instanceof DeviceError ? error.reason : 'error'
    const reason = known === 'no-webgpu' || known === 'no-adapter' || known === 'self-test' ? known : 'error'
    post({ type: 'device-refused', reason, message: messageOf(error) })
    return null
  }
}

/** Opens a device now. The function returns it, or a new one after a failure. Rejects where there is none. */
function createUsableGpu(host: SessionHost): () => Promise<Gpu> {
  let opened = openReported(host)
  return async () => {
    const current = await opened
    if (current && !current.failure()) return current
    current?.destroy()
    opened = openReported(host)
    const fresh = await opened
    if (!fresh) throw new Error('There is no usable GPU; see the notice above.')
    return fresh
  }
}

function start({ host: { post, reading }, training, measuring }: State, command: Command<'start'>): void {
  const refuse = (message: string) => post({ type: 'failure', message })
  const loaded = reading.loaded()
  if (training.isActive()) refuse('A run is active. Stop it before you start another.')
  else if (measuring.isOn()) refuse('A measurement is running. Cancel it or wait until it ends.')
  else if (!loaded) refuse('There is no dataset yet. Choose CIFAR-10 or drop a folder first.')
  else void training.start(command, loaded.set)
}

async function removeCache({ host: { post, deleteCache, listCaches } }: State, id: string): Promise<void> {
  try {
    await deleteCache(id)
  } catch (error) {
    post({ type: 'cache-not-deleted', message: messageOf(error) })
  }
  post(await listCaches())
}

type DataCommand = Command<
  'read-data' | 'cancel-reading' | 'check-images' | 'show-class' | 'list-caches' | 'delete-cache'
>

function handleData(state: State, command: DataCommand): void {
  const { reading, listCaches, post } = state.host
  switch (command.type) {
    case 'read-data':
      void reading.read(command)
      return
    case 'cancel-reading':
      reading.cancel()
      return
    case 'check-images':
      reading.setChecking(command.on)
      return
    case 'show-class':
      void reading.showClass(command.label)
      return
    case 'list-caches':
      void listCaches().then((message) => post(message))
      return
    case 'delete-cache':
      void removeCache(state, command.id)
      return
    default:
      command satisfies never
  }
}

type RunCommand = Command<
  | 'start'
  | 'save-resume-point'
  | 'skip-tuning'
  | 'alpha'
  | 'hand-back'
  | 'pause'
  | 'resume'
  | 'step'
  | 'stop'
  | 'hold-at'
>

/**
 * Commands that let the run take a step, or stop it, first cancel the measurement. A command that waits for that still
 * concerns the run that was active when it arrived.
 */
function handleRun(state: State, command: RunCommand): void {
  const { queue, training, measuring } = state
  const live = training.live()
  switch (command.type) {
    case 'start':
      start(state, command)
      return
    case 'save-resume-point':
      training.requestResumePoint()
      return
    case 'skip-tuning':
      training.skipTuning()
      return
    case 'alpha':
      live.hold(command.value)
      return
    case 'hand-back':
      live.handBack()
      return
    case 'pause':
      queue(live.pause)
      return
    case 'resume':
      queue(live.resume, measuring.end())
      return
    case 'step':
      queue(live.stepOnce, measuring.end())
      return
    case 'stop':
      queue(training.stop, measuring.end())
      return
    case 'hold-at':
      training.holdAt(command.epochs)
      return
    default:
      command satisfies never
  }
}

function handle(state: State, command: LabCommand): void {
  switch (command.type) {
    case 'read-data':
    case 'cancel-reading':
    case 'check-images':
    case 'show-class':
    case 'list-caches':
    case 'delete-cache':
      handleData(state, command)
      return
    case 'measure':
      state.measuring.measure(command)
      return
    case 'cancel-measure':
      state.measuring.cancel()
      return
    case 'read-weights':
      void readWeights(state.host.post, command)
      return
    case 'correlate':
      state.host.post(correlated(command))
      return
    default:
      handleRun(state, command)
  }
}

/** Starts a session, which opens a device at once. */
export function createSession(host: SessionHost): Session {
  const usableGpu = createUsableGpu(host)
  const training = createTraining(host, usableGpu)
  const measuring = createMeasuring({ ...host, usableGpu, training })
  host.reading.onAudited(training.noteAudit)
  const state: State = { host, queue: createCommandQueue(), training, measuring }
  return { handle: (command) => handle(state, command) }
}
