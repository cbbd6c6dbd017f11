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

/** Whether a file is a browser. On Windows a browser opens a window instead of printing its version: there the file is enough. */
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
    if (!existsSync(chosen)) throw new Error(`CHROME_PATH is not a file: ${chosen}`)
    return chosen
  }
  const candidates = [...names.map(onPath), ...places]
  return candidates.find((path) => path && existsSync(path) && works(path)) ?? null
}

async function playwrightChromium() {
  const { chromium } = await import('@playwright/test')
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

/** Resolves to the path of an installed Chrome or Chromium, or installs Playwright's or Debian's. Throws when neither works. */
export async function findOrInstallChromium() {
  const found = installedChrome() ?? (await playwrightChromium())
  if (found) return found
  console.log('No Chrome or Chromium found; installing one …')
  if (run('npx', ['playwright', 'install', 'chromium'])) {
    const downloaded = await playwrightChromium()
    if (downloaded) return downloaded
  }
  if (installFromDebian()) {
    const debian = installedChrome()
    if (debian) return debian
  }
  throw new Error('The tests need Chrome or Chromium: install one, or set CHROME_PATH to it.')
}

if (process.argv[1]?.endsWith('chromium.mjs')) console.log(await findOrInstallChromium())
