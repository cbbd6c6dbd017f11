/** Measures the page while it shows a run that trains: builds it, starts a run in headless Chromium and records its main thread. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tsImport } from 'tsx/esm/api'
import { findOrInstallChromium } from '../../scripts/chromium.mjs'
import { serve } from '../../scripts/serve.mjs'
import { root } from '../../scripts/setup.mjs'
import { functionTimes, largest, mainThreadWork } from './trace.mjs'

/** A task that takes longer delays the page's answer to the user noticeably. */
const longTask = 50

/** Builds the page with readable names of functions, beside the dataset. */
async function buildPage(folder) {
  const { build } = await import('vite')
  mkdirSync(folder, { recursive: true })
  rmSync(join(folder, 'public'), { force: true })
  symlinkSync(join(root, 'public'), join(folder, 'public'))
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: join(folder, 'dist'), emptyOutDir: true, minify: false },
  })
}

/** Puts the replaying worker in the place of the training worker. */
async function replaceWorker(folder, replayed) {
  const { build } = await import('vite')
  const outDir = join(folder, 'replay')
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      outDir,
      minify: false,
      lib: { entry: join(root, 'bench/smooth/replay.ts'), formats: ['es'], fileName: 'replay' },
    },
  })
  const assets = join(folder, 'dist', 'assets')
  const files = readdirSync(assets)
  const [worker, ...others] = files.filter((name) => /^worker-[\w-]+\.js$/.test(name))
  if (!worker || others.length > 0)
    throw new Error(`the built page has ${others.length + 1} training workers instead of 1`)
  for (const packed of files.filter((name) => name.startsWith(`${worker}.`))) rmSync(join(assets, packed))
  const script = readFileSync(join(outDir, 'replay.js'), 'utf8')
  writeFileSync(join(assets, worker), `const replayed = ${JSON.stringify(replayed)};\n${script}`)
}

/** The small preset, for as many epochs as the measurement needs. */
async function trained() {
  const { presetNamed } = await tsImport('../../src/config/presets.ts', import.meta.url)
  const { config } = presetNamed('small')
  return { ...config, train: { ...config.train, epochs: 40 } }
}

const stepOf = (tab) =>
  tab.evaluate(() => {
    const bar = document.querySelector('[role=progressbar][aria-label="Training progress"]')
    return Number(/step ([\d,]+)/.exec(bar?.getAttribute('aria-valuetext') ?? '')?.[1].replaceAll(',', '') ?? 0)
  })

async function untilStep(tab, step) {
  const begun = Date.now()
  while ((await stepOf(tab)) < step) {
    if (Date.now() - begun > 300_000) throw new Error(`the run did not reach step ${step} within 5 minutes`)
    await tab.waitForTimeout(250)
  }
}

async function startRun(tab, url) {
  await tab.goto(`${url}#config=${encodeURIComponent(JSON.stringify(await trained()))}`)
  await tab.getByRole('button', { name: 'Use CIFAR-10' }).click({ timeout: 60_000 })
  const start = tab.getByRole('button', { name: 'Start training' })
  await tab.waitForFunction((button) => button && !button.disabled, await start.elementHandle(), { timeout: 120_000 })
  await start.click()
  // The open step that changes most while a run trains.
  await tab.locator('#step-ablate .step-header').click()
}

const categories = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'toplevel',
  'v8',
  '__metadata',
  'loading',
]

/** Records `seconds` of the page. */
async function record(session, seconds) {
  const events = []
  const take = ({ value }) => {
    for (const event of value) events.push(event)
  }
  session.on('Tracing.dataCollected', take)
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { recordMode: 'recordAsMuchAsPossible', includedCategories: categories, excludedCategories: ['*'] },
  })
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds))
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await done
  session.off('Tracing.dataCollected', take)
  return events
}

const isComponent = (name) => /^[A-Z][a-z]\w*$/.test(name)

/** Who the time was spent in: a separate recording, because a profiler slows the page. */
async function profile(session, seconds, address) {
  await session.send('Profiler.enable')
  await session.send('Profiler.setSamplingInterval', { interval: 500 })
  await session.send('Profiler.start')
  const events = await record(session, seconds)
  const { profile: found } = await session.send('Profiler.stop')
  const { tasks } = mainThreadWork(events, address)
  const long = tasks.filter(({ milliseconds }) => milliseconds > longTask)
  const all = functionTimes(found, null)
  const inLong = functionTimes(found, long)
  return {
    functions: largest(all.self, 25),
    components: largest(all.total, 40, isComponent),
    inLongTasks: largest(inLong.total, 40),
  }
}

function summary({ totals, tasks }, seconds) {
  const perSecond = (milliseconds) => milliseconds / seconds
  const busy = Object.values(totals).reduce((sum, value) => sum + value, 0)
  const longest = [...tasks].sort((a, b) => b.milliseconds - a.milliseconds).slice(0, 10)
  return {
    perSecond: Object.fromEntries(Object.entries(totals).map(([kind, value]) => [kind, perSecond(value)])),
    share: busy / seconds / 1000,
    long: tasks.filter(({ milliseconds }) => milliseconds > longTask).length,
    longest: longest.map(({ milliseconds }) => milliseconds),
  }
}

async function measure(browser, tab, { url, from, seconds, profileSeconds }) {
  tab.on('pageerror', (error) => console.error(`page: ${error.message}`))
  await startRun(tab, url)
  await untilStep(tab, from)
  await tab.waitForTimeout(2000)
  const own = await tab.context().newCDPSession(tab)
  const step = await stepOf(tab)
  const work = mainThreadWork(await record(own, seconds), url)
  const result = { ...summary(work, seconds), seconds, from: step, steps: (await stepOf(tab)) - step }
  if (profileSeconds > 0) result.profile = await profile(own, profileSeconds, url)
  return { ...result, browser: browser.version() }
}

const launched = async () => {
  const { chromium } = await import('@playwright/test')
  const profileFolder = mkdtempSync(join(tmpdir(), 'selectivity-lab-bench-'))
  const context = await chromium.launchPersistentContext(profileFolder, {
    executablePath: await findOrInstallChromium(),
    viewport: { width: 1440, height: 900 },
    args: [
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-unsafe-swiftshader',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  })
  const close = async () => {
    await context.close()
    rmSync(profileFolder, { recursive: true, force: true })
  }
  return { context, close }
}

/** Runs `smooth`: a run that trains here, or for `steps` > 0 a replayed run with so many recorded steps. */
export async function measureSmoothness({ seconds, profileSeconds, steps, probes }) {
  const folder = join(root, 'test-results', 'bench-smooth')
  await buildPage(folder)
  if (steps > 0) await replaceWorker(folder, { steps, probes, stepsPerSecond: 20, probeSeconds: 5 })
  const { url, close } = await serve({ root: folder, port: 4291, anyPort: true })
  const chromium = await launched()
  try {
    const tab = await chromium.context.newPage()
    const browser = chromium.context.browser()
    const from = steps > 0 ? steps : 1
    return { replayed: steps > 0, probes, ...(await measure(browser, tab, { url, from, seconds, profileSeconds })) }
  } finally {
    await chromium.close()
    await close()
  }
}
