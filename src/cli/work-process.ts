/** Starts and speaks to the process that trains for a worker. */
import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { UsageError } from './arguments.ts'
import type { FromTrainer, ToTrainer, TrainMessage } from './work-messages.ts'

/** How a run ended in the process that trained it. */
export type TrainerEnd = Extract<FromTrainer, { type: 'ended' }>

export interface TrainerEvents {
  /** Rejects where the images are not those of the plan. */
  readonly onImages: (fingerprint: string) => Promise<void>
  readonly onBegan: (began: Extract<FromTrainer, { type: 'began' }>) => void
  readonly onProgress: (progress: Extract<FromTrainer, { type: 'progress' }>['progress']) => void
  readonly onLine: (line: string) => void
}

/** A place for one run at a time. */
export interface Slot {
  /** The name of the adapter that trains here. Rejects with UsageError where there is none. */
  readonly adapter: () => Promise<string>
  /** Trains a run. Rejects where the process crashes, and where `onImages` rejects. */
  readonly train: (message: TrainMessage, events: TrainerEvents, signal: AbortSignal) => Promise<TrainerEnd>
  /** Ends the process. */
  readonly close: () => Promise<void>
}

const source = fileURLToPath(new URL('./work-trainer.ts', import.meta.url))

/** The script of the process; in a bundle, all scripts are compiled. */
const script = import.meta.url.endsWith('.ts') ? source : source.replace(/ts$/, 'js')

function start(gpu: number | null): ChildProcess {
  // The process inherits the flags of this one, and so its compiler. It needs no address or password of the queue.
  const { LAB_QUEUE_PASSWORD: _, ...env } = process.env
  return fork(script, gpu === null ? [] : [String(gpu)], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  await ended
}

/** Handles one message. Returns the end of the run. */
async function take(child: ChildProcess, message: FromTrainer, events: TrainerEvents): Promise<TrainerEnd | null> {
  const tell = (answer: ToTrainer) => void (child.connected && child.send(answer))
  switch (message.type) {
    case 'images':
      await events.onImages(message.fingerprint)
      tell({ type: 'agreed' })
      return null
    case 'began':
      events.onBegan(message)
      return null
    case 'progress':
      events.onProgress(message.progress)
      return null
    case 'ended':
      return message
    case 'adapter':
    case 'no-adapter':
      return null
    default:
      return message satisfies never
  }
}

/** Why a process ended by itself. */
const crashText = (code: number | null, killed: string | null): string =>
  `the process that trained was ended by ${killed ?? `exit code ${code}`}, probably by a fault of the GPU driver or for lack of memory`

/** The adapter of a process that has just started. */
function adapterOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, killed) => reject(new Error(crashText(code, killed))))
    child.once('message', (message: FromTrainer) => {
      if (message.type === 'adapter') resolve(message.name)
      else
        reject(new UsageError(message.type === 'no-adapter' ? message.message : 'the process did not name its adapter'))
    })
    child.send({ type: 'adapter' } satisfies ToTrainer)
  })
}

function conversation(child: ChildProcess, message: TrainMessage, events: TrainerEvents, signal: AbortSignal) {
  const remove: (() => void)[] = []
  const ended = new Promise<TrainerEnd>((resolve, reject) => {
    const onMessage = (received: FromTrainer) => {
      take(child, received, events).then((end) => end && resolve(end), reject)
    }
    const onExit = (code: number | null, killed: string | null) => reject(new Error(crashText(code, killed)))
    const onAbort = () => void (child.connected && child.send({ type: 'stop' } satisfies ToTrainer))
    child.on('message', onMessage)
    child.on('exit', onExit)
    signal.addEventListener('abort', onAbort)
    remove.push(
      () => child.off('message', onMessage),
      () => child.off('exit', onExit),
      () => signal.removeEventListener('abort', onAbort),
    )
    child.send(message)
    if (signal.aborted) onAbort()
  })
  return ended.finally(() => {
    for (const undo of remove) undo()
  })
}

/** A slot whose process starts when it is needed, and again after a crash. `gpu`: the number of its adapter; null for the fastest. */
export function createSlot(gpu: number | null): Slot {
  let child: ChildProcess | undefined
  let onLine = (_: string) => {}
  const open = (): ChildProcess => {
    const started = start(gpu)
    if (started.stderr) createInterface({ input: started.stderr }).on('line', (line) => onLine(line))
    return started
  }
  return {
    adapter: async () => {
      child ??= open()
      return adapterOf(child)
    },
    train: async (message, events, signal) => {
      if (!child || hasEnded(child)) child = open()
      onLine = events.onLine
      try {
        return await conversation(child, message, events, signal)
      } catch (error) {
        // It may still train.
        await stop(child)
        throw error
      }
    },
    close: async () => {
      if (child) await stop(child)
    },
  }
}
