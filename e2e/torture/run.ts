/** Runs the interruptions that `npm run torture` asks for, prints each run, and ends with `N passed, M failed`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '../../scripts/serve.mjs'
import { tortureBrowser } from './browser.ts'
import { type Chain, tortureNode } from './node.ts'

interface Options {
  readonly points: number
  readonly browser: number
  readonly seed: number | null
  readonly chain: number | null
  readonly jobs: number
  readonly verbose: boolean
}

type Host = 'node' | 'browser'

const root = fileURLToPath(new URL('../..', import.meta.url))

const options = JSON.parse(process.argv[2]) as Options
const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31)
const home = mkdtempSync(join(tmpdir(), 'selectivity-lab-torture-'))

/** Interruptions whose run had the right bytes at its end, and the others. */
let [passed, failed] = [0, 0]

function report(host: Host, { number, scenario, points, failure, folder }: Chain): void {
  if (failure === null) passed += points.length
  else failed += Math.max(1, points.length)
  console.log(`${failure === null ? '✓' : '✗'} ${host}, run ${number} (${scenario}), ${points.length} interruptions`)
  if (failure !== null || options.verbose) for (const point of points) console.log(`    killed ${point}`)
  if (failure === null) return
  console.log(`  ${failure}`)
  const others = host === 'node' ? '--browser 0' : '--points 0'
  console.log(`  its files: ${folder}; again: npm run torture -- ${others} --seed ${seed} --chain ${number}`)
}

async function inNode(): Promise<void> {
  const { points, chain, jobs } = options
  for await (const one of tortureNode({ points, seed, chain, jobs, home: join(home, 'node') })) report('node', one)
}

async function inBrowser(): Promise<void> {
  const { url, close } = await serve({ root, port: 4187, anyPort: true, onViolation: undefined })
  const { browser: points, chain } = options
  const own = { url, points, seed, chain, home: join(home, 'browser') }
  for await (const one of tortureBrowser(own)) report('browser', one)
  await close()
}

console.log(`Seed ${seed}`)
if (options.points > 0) await inNode()
if (options.browser > 0) await inBrowser()
if (failed === 0) rmSync(home, { recursive: true, force: true })
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
