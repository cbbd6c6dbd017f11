/** `board --queue URL`: shows the runs of a queue in a browser on this machine, for reading only. */
import { once } from 'node:events'
import { parseFlags, required, UsageError, wholeNumber } from './arguments.ts'
import { boardFlags } from './flags.ts'
import { interruption, print, say } from './terminal.ts'

/** Throws UsageError in a bundle: its scripts are compiled, and it leaves out the page's packages. */
export function requireProject(place = import.meta.url): void {
  if (place.endsWith('.ts')) return
  throw new UsageError('a bundle has no board: use the project itself, on any machine that reaches the queue')
}

/** The port unless the user names another. */
const usualPort = 4180

export async function board(args: string[]): Promise<number> {
  const { values } = parseFlags(args, boardFlags)
  const url = required(values.queue, 'queue')
  const port = wholeNumber(values.port, 'port', 0, usualPort)
  if (port > 65_535) throw new UsageError(`invalid --port: ${port} (at most 65535)`)
  requireProject()
  const { watchQueue } = await import('../experiments/queue/node/watch.ts')
  const { QueueError } = await import('../experiments/queue/node/address.ts')
  const { boardApp, serveBoard } = await import('./board-server.ts')
  const signal = interruption()
  await using watched = await watchQueue(url, say, signal).catch((error: unknown) => {
    throw error instanceof QueueError ? new UsageError(error.message) : error
  })
  const { url: page, server } = await serveBoard(await boardApp(watched), port)
  print(`The runs of ${watched.shown}: ${page}`)
  say('Only this machine can open the page. Press Ctrl-C to end it.')
  if (!signal.aborted) await once(signal, 'abort')
  server.close()
  server.closeAllConnections()
  return 0
}
