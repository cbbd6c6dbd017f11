/** npm test: installs missing dependencies, runs every check, and prints one summary line at the end. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { allocator } from './allocator.mjs'
import { testOptions, testUsage } from './arguments.mjs'
import { add, countPlaywright, countVitest, none, summaryLine } from './count.mjs'
import { beginScript, ensureCifar10, installDependencies, root, run, runScript } from './setup.mjs'

let options
try {
  options = testOptions(process.argv.slice(2))
} catch (error) {
  console.error(error.message)
  process.exit(2)
}
if (options.help) {
  console.log(testUsage)
  process.exit(0)
}
const chosen = (stage) => !options.only || options.only === stage

if (!installDependencies({ dev: true })) {
  console.log(summaryLine({ ...none, failed: 1 }))
  process.exit(1)
}
const reports = join(root, 'test-results')
mkdirSync(reports, { recursive: true })

const bin = (name) => join(root, 'node_modules', '.bin', name)
const one = (ok) => ({ ...none, [ok ? 'passed' : 'failed']: 1 })

/** Runs a test runner and counts its tests from its JSON report. A stage without a report counts as one failure. */
function reported(name, command, args, env, count) {
  const file = join(reports, `${name}.json`)
  rmSync(file, { force: true })
  const ok = run(command, args(file), { env: { ...allocator, ...process.env, ...options.env, ...env(file) } })
  try {
    const counts = count(JSON.parse(readFileSync(file, 'utf8')))
    return ok || counts.failed > 0 ? counts : add(counts, one(false))
  } catch {
    return one(false)
  }
}

const vitest = (project, env) =>
  reported(
    project,
    bin('vitest'),
    (file) => [
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...options.rest,
    ],
    () => env,
    countVitest,
  )

const playwright = (env) =>
  reported(
    'browser',
    bin('playwright'),
    () => ['test', ...options.rest],
    (file) => ({ ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: file }),
    countPlaywright,
  )

// Downloads, which later stages need, take place while the first stages compute.
const browser = chosen('gpu') || chosen('browser') ? beginScript('chromium.mjs') : null
const images = chosen('browser') ? beginScript('cifar10.mjs') : null

let total = none
const seconds = []

async function stage(name, work) {
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`)
  const began = performance.now()
  const counts = await work()
  total = add(total, counts)
  seconds.push(`${name}: ${summaryLine(counts)} in ${((performance.now() - began) / 1000).toFixed(0)} s`)
}

if (chosen('static')) {
  await stage('types', () => one(run(bin('tsc'), ['--noEmit'])))
  await stage('lint', () => one(run(bin('biome'), ['ci', '--formatter-enabled=false', '.'])))
  await stage('format', () => one(run(bin('biome'), ['format', '.'])))
  await stage('import rules', () => one(runScript('check-rooms.mjs')))
  await stage('links', () => one(runScript('check-links.mjs')))
}
if (chosen('unit')) await stage('unit tests', () => vitest('unit', {}))
if (chosen('gpu') || chosen('browser')) {
  await browser
  const { findOrInstallChromium } = await import('./chromium.mjs')
  const env = await findOrInstallChromium().then(
    (path) => ({ CHROME_PATH: path }),
    (error) => {
      console.error(error.message)
      return null
    },
  )
  if (chosen('gpu')) await stage('GPU tests', () => (env ? vitest('gpu', env) : one(false)))
  if (chosen('browser')) {
    await stage('browser tests', async () => {
      await images
      ensureCifar10()
      const { ensureBuild } = await import('./build.mjs')
      const built = await ensureBuild().then(
        () => true,
        (error) => {
          console.error(error.message)
          return false
        },
      )
      return env && built ? playwright(env) : one(false)
    })
  }
}

console.log(`\n${seconds.join('\n')}\n`)
console.log(summaryLine(total))
process.exit(total.failed > 0 ? 1 : 0)
