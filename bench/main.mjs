/** npm run bench: runs a benchmark in a headless Chromium or in Node and prints the result. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDependencies, root } from '../scripts/setup.mjs'
import { inNode } from './in-node.mjs'
import { benchOptions, usage } from './options.mjs'
import { textOf } from './print.mjs'

let run
try {
  run = benchOptions(process.argv.slice(2))
} catch (error) {
  console.error(`${error.message}\n\n${usage}`)
  process.exit(2)
}
if (run.help) {
  console.log(usage)
  process.exit(0)
}
ensureDependencies({ quiet: true, dev: true })

const say = (line) => console.error(line)

/** Builds the benchmark page, lets `add` add files to its folder, and serves it. */
async function servePage(add) {
  const { build } = await import('vite')
  const { default: sirv } = await import('sirv')
  const outDir = join(root, 'test-results', 'bench')
  await build({
    configFile: false,
    root: join(root, 'bench', 'page'),
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 10_000 },
  })
  await add(outDir)
  const server = createServer(sirv(outDir))
  await new Promise((resolve) => server.listen(0, 'localhost', resolve))
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() }
}

async function writePictures(file, count) {
  const { pictures } = await import('./pictures.mjs')
  const sets = await pictures(count)
  const texts = sets.map(({ name, files }) => ({ name, files: files.map((bytes) => bytes.toString('base64')) }))
  writeFileSync(file, JSON.stringify(texts))
}

/** Runs in both hosts, one after the other, to compare the browser's decoders with Node's. */
const inBoth = async (given) => ({ chromium: await inChromium(given), node: await inNode(given) })

async function openChromium(profile, adapter) {
  const { chromium } = await import('@playwright/test')
  const { findOrInstallChromium } = await import('../scripts/chromium.mjs')
  return chromium.launchPersistentContext(profile, {
    executablePath: await findOrInstallChromium(),
    args: [
      '--enable-unsafe-webgpu',
      ...(adapter === 'swiftshader'
        ? [
            '--use-webgpu-adapter=swiftshader',
            '--enable-unsafe-swiftshader',
            '--use-gl=angle',
            '--use-angle=swiftshader',
          ]
        : ['--enable-features=Vulkan', '--ignore-gpu-blocklist']),
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  })
}

async function inBuiltPage(given) {
  const { measureStart } = await import('./start.mjs')
  const memory = async (browser) => (await browserUsage(browser)).memory
  return measureStart(given, (profile) => openChromium(profile, given.adapter), memory)
}

async function opening(given) {
  const { measureOpening } = await import('./open.mjs')
  return measureOpening(given, (profile) => openChromium(profile, given.adapter))
}

async function inChromium({ what, adapter, options }) {
  const page = await servePage(async (folder) => {
    if (what === 'data') await writePictures(join(folder, 'pictures.json'), options.images)
  })
  // A separate profile. Without one, Chromium stores files in the memory of another process.
  const profile = mkdtempSync(join(tmpdir(), 'selectivity-lab-bench-'))
  const context = await openChromium(profile, adapter)
  try {
    const tab = await context.newPage()
    tab.on('pageerror', (error) => say(`page: ${error.message}`))
    await tab.exposeFunction('say', say)
    await tab.exposeFunction('usage', () => browserUsage(context.browser()))
    await tab.goto(page.url)
    const names = {
      step: 'benchSteps',
      kernels: 'benchKernels',
      reductions: 'benchReductions',
      tune: 'benchTune',
      shaders: 'benchShaders',
      memory: 'benchMemory',
      data: 'benchData',
    }
    const name = names[what]
    await tab.waitForFunction((key) => key in window, name)
    const given = what === 'data' ? { file: 'pictures.json', many: options.many } : options
    return await tab.evaluate(([key, own]) => window[key](own), [name, given])
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
    page.close()
  }
}

/** Clock ticks per second in /proc; Linux has 100 on every common machine. */
const ticks = 100

/**
 * Resident bytes of the browser's pages, and processor seconds of all its processes. Null where the system does not
 * report them.
 */
async function browserUsage(browser) {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  try {
    const read = (id, file) => readFileSync(`/proc/${id}/${file}`, 'utf8')
    const pages = processInfo.filter(({ type }) => type === 'renderer')
    const memory = pages.reduce((sum, { id }) => sum + 4096 * Number(read(id, 'statm').split(' ')[1]), 0)
    // The name, in brackets, may contain spaces. User and system time are the 12th and 13th field after it.
    const times = processInfo.map(({ id }) => read(id, 'stat').split(') ')[1].split(' '))
    const cpu = times.reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) / ticks, 0)
    return { memory, cpu }
  } catch {
    return { memory: null, cpu: null }
  }
}

/** Runs the benchmark in its host. */
async function resultOf(given) {
  if (given.what === 'data') return inBoth(given)
  if (given.what === 'start') return inBuiltPage(given)
  if (given.what === 'open') return opening(given)
  if (given.what === 'pack') return (await import('./pack/pack.mjs')).pack(given.options)
  if (given.what !== 'smooth') return given.host === 'node' ? inNode(given) : inChromium(given)
  const { measureSmoothness } = await import('./smooth/smooth.mjs')
  return measureSmoothness(given.options)
}

try {
  const result = await resultOf(run)
  if (run.json) writeFileSync(run.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(textOf(run.what, result))
  process.exit(0)
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
