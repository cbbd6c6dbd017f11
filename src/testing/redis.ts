/** A real Redis server for a test, on a free port of this machine. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { findRedis } from '../../scripts/redis.mjs'

const server = findRedis()

/** Why tests with a server are skipped; null where one is there. */
export const withoutRedis: string | null = server
  ? null
  : 'no Redis server: install redis-server, or name one in REDIS_SERVER; its tests are skipped'

if (withoutRedis) process.stderr.write(`${withoutRedis}\n`)

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Ends the server with SIGKILL and starts it again on the same files. `away` is the time in between, in milliseconds. */
  readonly restart: (away?: number) => Promise<void>
  /** Ends the server with SIGKILL. */
  readonly kill: () => Promise<void>
  /** Suspends the server: it accepts connections and does not answer. */
  readonly suspend: () => void
  readonly resume: () => void
}

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

interface Login {
  readonly port: number
  readonly password: string
  readonly tls: Certificate | null
}

async function answers({ port, password, tls }: Login): Promise<void> {
  const client = new Redis({
    ...{ host: 'localhost', family: 4, port, password, maxRetriesPerRequest: null, retryStrategy: () => 20 },
    ...(tls ? { tls: { ca: readFileSync(tls.certificate) } } : {}),
  })
  client.on('error', () => {})
  // While the server reads its files, it refuses commands.
  const until = Date.now() + 20_000
  while ((await Promise.race([client.ping().catch(() => ''), pause(500)])) !== 'PONG') {
    if (Date.now() > until) throw new Error('the Redis server does not answer')
    await pause(20)
  }
  client.disconnect()
}

const ended = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.on('exit', () => resolve())
  })

/** The paths of a certificate for localhost, which is its own authority, and of its key. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** Makes a certificate in a folder; null where the system has no openssl. */
export function makeCertificate(folder: string): Certificate | null {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const about = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...about, '-keyout', key, '-out', certificate]
  return spawnSync('openssl', args).status === 0 ? { certificate, key } : null
}

const portArgs = (port: number, tls: Certificate | null) =>
  tls
    ? ['--port', '0', '--tls-port', String(port), '--tls-cert-file', tls.certificate, '--tls-key-file', tls.key].concat(
        ['--tls-ca-cert-file', tls.certificate, '--tls-auth-clients', 'no'],
      )
    : ['--port', String(port)]

/** Starts a server that writes every change to its files. */
export async function startRedis({ password = '', tls = null as Certificate | null } = {}): Promise<RedisServer> {
  if (!server) throw new Error(withoutRedis ?? '')
  const { path, env } = server
  const folder = mkdtempSync(join(tmpdir(), 'lab-redis-'))
  const port = await freePort()
  const files = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const args = [
    ...portArgs(port, tls),
    '--bind',
    '127.0.0.1',
    ...files,
    ...(password ? ['--requirepass', password] : []),
  ]
  const start = async () => {
    const started = spawn(path, args, { stdio: 'ignore', env: { ...process.env, ...env } })
    await answers({ port, password, tls })
    return started
  }
  let child = await start()
  const kill = async () => {
    child.kill('SIGKILL')
    await ended(child)
  }
  return {
    url: `${tls ? 'rediss' : 'redis'}://${password ? `:${encodeURIComponent(password)}@` : ''}${tls ? 'localhost' : '127.0.0.1'}:${port}`,
    port,
    restart: async (away = 0) => {
      await kill()
      await pause(away)
      child = await start()
    },
    kill,
    suspend: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
