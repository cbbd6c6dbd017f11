/** Finds a Chromium for the tests, or installs one. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run } from './setup.mjs'

const names = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge']
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
]

/** On Windows a browser opens a window in place of saying its version; there the file must do. */
const works = (path) => {
  if (process.platform === 'win32') return true
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return status === 0 && /chrom|edge/i.test(stdout)
}

function onPath(name) {
  const finder = process.platform === 'win32' ? 'where' : 'which'
  const { status, stdout } = spawnSync(finder, [name], { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n')[0].trim() : null
}

function installedChrome() {
  const chosen = process.env.CHROME_PATH
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`CHROME_PATH names no file: ${chosen}`)
    return chosen
  }
  const candidates = [...names.map(onPath), ...places]
  return candidates.find((path) => path && existsSync(path) && works(path)) ?? null
}

async function playwrightChromium() {
  const { chromium } = await import('playwright')
  const path = chromium.executablePath()
  return path && existsSync(path) && works(path) ? path : null
}

function installFromDebian() {
  if (!onPath('apt-get')) return false
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args]
    return run(command, rest)
  }
  // A list that cannot be refreshed may still be good enough to install from.
  apt('update')
  return apt('install', '-y', 'chromium')
}

/** The path of a Chrome or Chromium: an installed one, else Playwright's own, else Debian's package. Throws with the cure. */
export async function findOrInstallChromium() {
  const found = installedChrome() ?? (await playwrightChromium())
  if (found) return found
  console.log('No Chrome or Chromium found; installing one …')
  if (run('npx', ['playwright', 'install', 'chromium'])) {
    const own = await playwrightChromium()
    if (own) return own
  }
  if (installFromDebian()) {
    const debian = installedChrome()
    if (debian) return debian
  }
  throw new Error('The tests need Chrome or Chromium: install one, or set CHROME_PATH to it.')
}
