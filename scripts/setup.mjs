/** What every command needs on a fresh machine: plain Node, no dependency. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const needed = [20, 19]

/** Exits with a clear message on a Node that is too old. */
export function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return
  console.error(`Node ${version} is too old: Selectivity Lab needs Node ${needed.join('.')} or newer (nodejs.org).`)
  process.exit(1)
}

const windows = process.platform === 'win32'

/** Runs a command to its end; `quiet` sends its output to standard error. Returns true when it succeeded. */
export function run(command, args, { quiet = false, env = process.env } = {}) {
  const stdio = ['ignore', quiet ? 2 : 'inherit', 'inherit']
  return spawnSync(command, args, { cwd: root, stdio, env, shell: windows }).status === 0
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

/** Installs the dependencies when they are missing, half-installed or of another lock file. */
export function ensureDependencies({ quiet = false } = {}) {
  checkNode()
  if (installed()) return
  const write = quiet ? console.error : console.log
  write('Installing dependencies …')
  if (!run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund'], { quiet })) {
    console.error(
      'Installing the dependencies failed; see above. Without a network, copy node_modules from another machine.',
    )
    process.exit(1)
  }
  // Written last, so that an interrupted installation is repeated.
  writeFileSync(stampPath, lockHash())
}

/** Fetches CIFAR-10 where it is missing or damaged. The lab starts without it, too. */
export const ensureCifar10 = () => runScript('cifar10.mjs')
