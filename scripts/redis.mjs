/** Finds a Redis or Valkey server for the tests, or unpacks Debian's into a cache folder: no root is needed. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The server, and the libraries beside it. libatomic1, libssl3 and libsystemd0 belong to every Debian. */
const packages = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2']

const cacheFolder = () =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selectivity-lab', 'redis-server')

/** The environment that shows a server its unpacked libraries. */
function environmentOf(folder) {
  const libraries = join(folder, 'usr', 'lib')
  const found = existsSync(libraries) ? readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu')) : []
  return { LD_LIBRARY_PATH: found.map((name) => join(libraries, name)).join(':') }
}

const works = ({ path, env }) =>
  spawnSync(path, ['--version'], { env: { ...process.env, ...env }, encoding: 'utf8' }).status === 0

const unpacked = (folder) => ({ path: join(folder, 'usr', 'bin', 'redis-server'), env: environmentOf(folder) })

const runs = (command, args, cwd) => spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 }).status === 0

/** Downloads and unpacks the packages. Returns whether that worked. */
function unpackDebian(folder) {
  mkdirSync(join(folder, '..'), { recursive: true })
  const part = mkdtempSync(`${folder}.`)
  try {
    const download = () => runs('apt-get', ['download', '-qq', ...packages], part)
    const update = () => process.getuid?.() === 0 && runs('apt-get', ['update', '-qq'])
    if (!download() && !(update() && download())) return false
    const files = readdirSync(part).filter((name) => name.endsWith('.deb'))
    const root = join(part, 'root')
    if (!files.every((name) => runs('dpkg', ['-x', name, root], part))) return false
    if (!works(unpacked(root))) return false
    rmSync(folder, { recursive: true, force: true })
    renameSync(root, folder)
    return true
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

/** Returns the program and the environment that it needs; null where there is none and none can be had. */
export function findRedis() {
  const chosen = process.env.REDIS_SERVER
  if (chosen) return { path: chosen, env: {} }
  for (const path of ['redis-server', 'valkey-server']) if (works({ path, env: {} })) return { path, env: {} }
  const folder = cacheFolder()
  const here = unpacked(folder)
  if (existsSync(here.path) && works(here)) return here
  return unpackDebian(folder) ? unpacked(folder) : null
}
