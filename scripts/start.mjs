/** npm start: installs dependencies, downloads CIFAR-10, builds the page, serves it and opens the browser. */
import { startOptions, usage } from './arguments.mjs'
import { onEnd } from './ending.mjs'
import { ensureCifar10, ensureDependencies, root } from './setup.mjs'

let options
try {
  options = startOptions(process.argv.slice(2))
} catch (error) {
  console.error(error.message)
  process.exit(2)
}
if (options.help) {
  console.log(usage)
  process.exit(0)
}
ensureDependencies()
if (options.data) ensureCifar10()
const { ensureBuild } = await import('./build.mjs')
await ensureBuild()
const { serve } = await import('./serve.mjs')
const { url, close } = await serve({ root, port: options.port, anyPort: true })
console.log(`\n  Selectivity Lab is at ${url}\n\n  Open it in Chrome or Edge. Press Ctrl-C here to stop.\n`)
onEnd(close)
if (options.open) {
  const { default: open } = await import('open')
  const child = await open(url).catch(() => null)
  child?.on?.('error', () => console.log('  (The browser could not be opened from here.)'))
}
