/** Prepares a fresh machine for every command. Plain Node: nothing here imports a dependency. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Whether this version of Node can run the lab. Vite needs 20.19 and later 20.x, or 22.12 and newer. */
export function nodeSuits(version) {
  const [major, minor] = version.split('.').map(Number)
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
}

function checkNode() {
  const version = process.versions.node
  if (nodeSuits(version)) return
  console.error(`Node ${version} cannot run Selectivity Lab: install Node 20.19, 22.12 or newer (nodejs.org).`)
  process.exit(1)
}

const windows = process.platform === 'win32'

/**
 * Runs a command and returns whether it succeeded. `quiet` sends its output to standard error. On Windows npm and similar
 * commands are .cmd files: only a shell can start them, and a shell needs quoted words.
 */
export function run(command, args, { quiet = false, env = process.env } = {}) {
  const stdio = ['ignore', quiet ? 2 : 'inherit', 'inherit']
  const shell = windows && !command.endsWith('.exe')
  const quoted = (word) => (shell ? `"${word}"` : word)
  return spawnSync(quoted(command), args.map(quoted), { cwd: root, stdio, env, shell }).status === 0
}

/** Runs one of the project's own scripts with this Node. */
export const runScript = (script, args = [], options = {}) =>
  run(process.execPath, [join(root, 'scripts', script), ...args], options)

/**
 * Begins one of the project's own scripts beside other work, without its output. Resolves when it ends, whether or not it
 * succeeds: its result is for a later call of the script's function, which also reports what is wrong.
 */
export const beginScript = (script) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts', script)], { cwd: root, stdio: 'ignore' })
    child.on('close', resolve)
    child.on('error', resolve)
  })

const stampPath = join(root, 'node_modules', '.lab-installed')
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

/** Whether test runners are installed, perhaps from an older lock file. Such a developer's installation stays one. */
const isDeveloped = () => existsSync(join(root, 'node_modules', 'vitest'))

/** Whether the dependencies of this lock file are installed, with those of developers when `dev` is set. */
function installed(dev) {
  if (!existsSync(stampPath)) return false
  const [hash, kind] = readFileSync(stampPath, 'utf8').split(' ')
  return hash === lockHash() && (kind === 'dev' || !dev)
}

/**
 * Installs the dependencies unless they are there. `npm start` and the command line need `dependencies`; tests and
 * benchmarks also need `devDependencies` (`dev`), which later installations keep. `quiet` sends all output to standard error. Returns whether it succeeded.
 */
export function installDependencies({ quiet = false, dev = isDeveloped() } = {}) {
  checkNode()
  if (installed(dev)) return true
  const write = quiet ? console.error : console.log
  write('Installing dependencies …')
  const flags = [dev ? '--include=dev' : '--omit=dev', '--loglevel=warn', '--no-audit', '--no-fund']
  if (!run('npm', ['ci', ...flags], { quiet })) {
    console.error('Installing the dependencies failed for the reason above. Without a network, try again with one.')
    return false
  }
  // Written last, so that an interrupted installation is repeated.
  writeFileSync(stampPath, `${lockHash()} ${dev ? 'dev' : 'run'}`)
  return true
}

/** Installs the dependencies like `installDependencies`; exits with 1 on failure. */
export function ensureDependencies(options) {
  if (!installDependencies(options)) process.exit(1)
}

/** Downloads CIFAR-10 unless it is there and intact. Returns whether it is there; the lab also starts without it. */
export const ensureCifar10 = () => runScript('cifar10.mjs')
