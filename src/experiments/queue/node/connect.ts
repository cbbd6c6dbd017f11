/** Connects to Redis, and says what is wrong where that fails. */
import { Redis } from 'ioredis'
import { messageOf } from '../../../message.ts'
import { createThrottle } from '../../../throttle.ts'
import { abortable } from '../../../wait.ts'
import { type Address, passwordVariable, QueueError } from './address.ts'

function reasonOf(error: unknown, { shown, options }: Address): string {
  const text = messageOf(error)
  if (/WRONGPASS|NOAUTH|invalid password|without any password/i.test(text))
    return `${shown} refuses the password; check the address, or ${passwordVariable}`
  if (/certificate|self[- ]signed|SSL|TLS/i.test(text))
    return `${shown} has no valid certificate (${text}); name its authority in NODE_EXTRA_CA_CERTS`
  const tls = options.tls ? ', or use redis:// for a server without TLS' : ''
  return `cannot reach Redis at ${shown} (${text}); start it, or check the address${tls}`
}

/** Seconds before the first connection is given up. */
const patience = 10

/** Rejects with QueueError where the server is too old or lacks the database: the client would go on in its first one. */
async function greet(client: Redis, { shown, options }: Address): Promise<void> {
  await client.connect()
  await client.select(options.db).catch((error: unknown) => {
    if (!/out of range|invalid DB/i.test(messageOf(error))) throw error
    throw new QueueError(`Redis at ${shown} has no database ${options.db}; most servers have 0 to 15`)
  })
  const version = /redis_version:(\d+)\.(\d+)/.exec(await client.info('server'))
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)]
  if (version && (major < 6 || (major === 6 && minor < 2)))
    throw new QueueError(`Redis at ${shown} has version ${major}.${minor}; the queue needs 6.2 or newer`)
}

/**
 * Connects once and disconnects. Rejects with QueueError where the server cannot be reached, does not answer or is too old,
 * and with the signal's reason when it is aborted.
 */
export async function tryConnection(address: Address, signal: AbortSignal): Promise<void> {
  const client = new Redis({
    ...address.options,
    ...{ lazyConnect: true, connectTimeout: 1000 * patience, maxRetriesPerRequest: 0, retryStrategy: () => null },
  })
  let last: unknown
  client.on('error', (error) => {
    last = error
  })
  // A server that is suspended accepts connections and never answers.
  const late = AbortSignal.timeout(1000 * patience)
  try {
    await abortable(greet(client, address), AbortSignal.any([signal, late]))
  } catch (error) {
    if (signal.aborted || error instanceof QueueError) throw error
    throw new QueueError(reasonOf(late.aborted ? `no answer for ${patience} seconds` : (last ?? error), address))
  } finally {
    client.disconnect()
  }
}

/** Options of a connection that waits for a server that is away for a while, such as one that starts again. */
export const patientOptions = ({ options }: Address) => ({
  ...options,
  maxRetriesPerRequest: null,
  retryStrategy: (times: number) => Math.min(200 * times, 5000),
})

/** Tells of the errors of connections, at most once in ten seconds. */
export function problemReport({ shown }: Address, onProblem: (message: string) => void): (error: Error) => void {
  const due = createThrottle(10_000, () => performance.now())
  return (error) => {
    if (due()) onProblem(`The queue at ${shown}: ${error.message}`)
  }
}

/** Resolves when the work has ended, and after a time at the latest: the work may wait for a server that is away. */
export const within = (milliseconds: number, work: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    work
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer)
        resolve()
      })
  })
