/** The page's connection to the worker, and the only place that starts one. */
import type { LabCommand, OpenCommand } from '../protocol/commands.ts'
import { type LabMessage, parseMessage } from '../protocol/messages.ts'

/** A running worker, as the page sees it. */
export interface LabPort {
  readonly post: (command: LabCommand) => void
  readonly close: () => void
}

export interface PortListener {
  /** A message that is not validated yet. */
  readonly onMessage: (data: unknown) => void
  /** The worker can no longer be used. */
  readonly onCrash: (reason: string) => void
}

export type Connect = (listener: PortListener) => LabPort

export interface LabClient {
  /** Starts the worker if none is running; it then posts its device. */
  readonly open: () => void
  /** Sends a command; starts a new worker first if the last one crashed. */
  readonly post: (command: LabCommand) => void
  readonly close: () => void
}

export interface ClientListener {
  readonly onMessage: (message: LabMessage) => void
  /** The worker died, and with it its dataset, device and run. */
  readonly onCrash: (reason: string) => void
}

/** A client that connects on first use and again after a crash. */
export function createClient(connect: Connect, { onMessage, onCrash }: ClientListener): LabClient {
  let port: LabPort | null = null
  let closed = 0
  const close = () => {
    closed++
    port?.close()
    port = null
  }
  const open = (): LabPort => {
    const before = closed
    const crash = (reason: string) => {
      if (closed !== before) return
      close()
      onCrash(reason)
    }
    const receive = (data: unknown) => {
      const message = parseMessage(data)
      if (closed !== before) return
      if (message) onMessage(message)
      else crash(`the training worker sent something unknown: ${JSON.stringify(data)?.slice(0, 80)}`)
    }
    return connect({ onMessage: receive, onCrash: crash })
  }
  const opened = (): LabPort => {
    port ??= open()
    return port
  }
  return { open: () => void opened(), post: (command) => opened().post(command), close }
}

/** The limits of a poorer device in the page's address, such as `?device-limits=default`. */
const deviceLimits = () => new URLSearchParams(globalThis.location?.search).get('device-limits')

/** The real worker. */
export const connectWorker: Connect = ({ onMessage, onCrash }) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'lab' })
  worker.onmessage = ({ data }) => onMessage(data)
  worker.onmessageerror = () => onCrash('a message from the training worker could not be read')
  worker.onerror = (event) => onCrash(event.message || 'the training worker could not be loaded')
  worker.postMessage({ type: 'open', deviceLimits: deviceLimits() } satisfies OpenCommand)
  return { post: (command) => worker.postMessage(command), close: () => worker.terminate() }
}
