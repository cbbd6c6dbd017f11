/** The address of a Redis server: parsed, checked, and shown without its password. */
/** Thrown for an address that cannot be used, and for a server that cannot be reached. Its message has no password. */
export class QueueError extends Error {
  override name = 'QueueError'
}

const form = 'redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS'

function urlOf(text: string): URL {
  // The text may hold a password, so no message repeats it.
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    throw new QueueError(`invalid address of the queue: it must be ${form}`)
  if (url.search !== '' || url.hash !== '')
    throw new QueueError(`invalid address of the queue: nothing may follow the database; ${form}`)
  return url
}

function databaseOf({ pathname }: URL): number {
  if (pathname === '' || pathname === '/') return 0
  if (!/^\/\d{1,5}$/.test(pathname))
    throw new QueueError(`invalid address of the queue: the database must be a number; ${form}`)
  return Number(pathname.slice(1))
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new QueueError('invalid address of the queue: write % in a password as %25')
  }
}

/** The options of Redis clients that an address determines. */
export interface AddressOptions {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username?: string
  readonly password?: string
  readonly tls?: { readonly servername: string }
}

export interface Address {
  readonly options: AddressOptions
  /** For people: without user and password. */
  readonly shown: string
}

/** The environment variable with the password, which other users of a machine cannot see in its list of processes. */
export const passwordVariable = 'LAB_QUEUE_PASSWORD'

/** Throws QueueError. `password` holds where the address has none. */
export function parseAddress(text: string, password = process.env[passwordVariable]): Address {
  const url = urlOf(text)
  const db = databaseOf(url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? 6379 : Number(url.port)
  const secret = url.password === '' ? password : decoded(url.password)
  const options = {
    ...{ host, port, db },
    ...(url.username ? { username: decoded(url.username) } : {}),
    ...(secret ? { password: secret } : {}),
    ...(url.protocol === 'rediss:' ? { tls: { servername: host } } : {}),
  }
  return { options, shown: `${url.protocol}//${url.hostname}:${port}${db === 0 ? '' : `/${db}`}` }
}
