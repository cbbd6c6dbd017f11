/** What every command needs on a fresh machine: plain Node, no dependency. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Whether a Node of this version can run the lab: 20.19 and later 20.x, or 22.12 and newer, as Vite asks. */
export function nodeSuits(version) {
  const [major, minor] = version.split('.').map(Number)
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
}

function checkNode() {
  const version = process.versions.node
  if (nodeSuits(version)) return
  console.error(`Node ${version} does not suit: Selectivity Lab needs Node 20.19, 22.12 or newer (nodejs.org).`)
  process.exit(1)
}

const windows = process.platform === 'win32'

/**
 * Runs a command to its end; `quiet` sends its output to standard error. Returns true when it succeeded. On Windows
 * npm and its like are .cmd files, which only a shell starts, and a shell wants its words quoted.
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

const stampPath = join(root, 'node_modules', '.lab-installed')
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

const installed = () => existsSync(stampPath) && readFileSync(stampPath, 'utf8') === lockHash()

/** Installs the dependencies when they are missing, half-installed or of another lock file. Returns whether they are there. */
export function installDependencies({ quiet = false } = {}) {
  checkNode()
  if (installed()) return true
  const write = quiet ? console.error : console.log
  write('Installing dependencies …')
  const flags = ['--include=dev', '--loglevel=warn', '--no-audit', '--no-fund']
  if (!run('npm', ['ci', ...flags], { quiet })) {
    console.error('Installing the dependencies failed for the reason above. Without a network, try again with one.')
    return false
  }
  // Written last, so that an interrupted installation is repeated.
  writeFileSync(stampPath, lockHash())
  return true
}

/** Installs the dependencies where needed; exits where that fails. */
export function ensureDependencies(options) {
  if (!installDependencies(options)) process.exit(1)
}

/** Fetches CIFAR-10 where it is missing or damaged. Returns whether it is there; the lab starts without it, too. */
export const ensureCifar10 = () => runScript('cifar10.mjs')
