/** A real Redis server for a test, on a free port of this machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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

async function answers(port: number, password: string): Promise<void> {
  const client = new Redis({ host: '127.0.0.1', port, password, maxRetriesPerRequest: null, retryStrategy: () => 20 })
  client.on('error', () => {})
  // While the server reads its files, it refuses commands.
  while ((await client.ping().catch(() => '')) !== 'PONG') await new Promise((resolve) => setTimeout(resolve, 20))
  client.disconnect()
}

const ended = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.on('exit', () => resolve())
  })

/** Starts a server that writes every change to its files. */
export async function startRedis({ password = '' } = {}): Promise<RedisServer> {
  if (!server) throw new Error(withoutRedis ?? '')
  const { path, env } = server
  const folder = mkdtempSync(join(tmpdir(), 'lab-redis-'))
  const port = await freePort()
  const files = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    ...files,
    ...(password ? ['--requirepass', password] : []),
  ]
  const start = async () => {
    const started = spawn(path, args, { stdio: 'ignore', env: { ...process.env, ...env } })
    await answers(port, password)
    return started
  }
  let child = await start()
  const kill = async () => {
    child.kill('SIGKILL')
    await ended(child)
  }
  return {
    url: `redis://${password ? `:${encodeURIComponent(password)}@` : ''}127.0.0.1:${port}`,
    port,
    restart: async (away = 0) => {
      await kill()
      await new Promise((resolve) => setTimeout(resolve, away))
      child = await start()
    },
    [Symbol.asyncDispose]: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
