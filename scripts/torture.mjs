/**
 * npm run torture: interrupts training at random points, resumes it, and requires the bytes of an uninterrupted run. Takes
 * minutes to hours; `npm test` has a short version.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { allocator } from './allocator.mjs'
import { tortureOptions, tortureUsage } from './arguments.mjs'
import { whenAbandoned } from './ending.mjs'
import { ensureCifar10, ensureDependencies, root } from './setup.mjs'

let options
try {
  options = tortureOptions(process.argv.slice(2))
} catch (error) {
  console.error(error.message)
  process.exit(2)
}
if (options.help) {
  console.log(tortureUsage)
  process.exit(0)
}
ensureDependencies({ quiet: true, dev: true })
/** The built page, its data and a browser. */
async function browserEnvironment() {
  ensureCifar10()
  const { ensureBuild } = await import('./build.mjs')
  await ensureBuild()
  const { findOrInstallChromium } = await import('./chromium.mjs')
  return { CHROME_PATH: await findOrInstallChromium() }
}

const own = options.browser > 0 ? await browserEnvironment() : {}
const main = join(root, 'e2e', 'torture', 'run.ts')
const args = ['--import', import.meta.resolve('tsx'), '--no-warnings', main, JSON.stringify(options)]
const child = spawn(process.execPath, args, {
  stdio: 'inherit',
  cwd: root,
  env: { ...allocator, ...process.env, ...own },
})
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
whenAbandoned(() => child.kill('SIGTERM'))
child.on('exit', (code) => process.exit(code ?? 1))
