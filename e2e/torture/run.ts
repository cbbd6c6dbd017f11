/** Runs the interruptions that `npm run torture` asks for, prints each run, and ends with `N passed, M failed`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Chain, tortureNode } from './node.ts'

interface Options {
  readonly points: number
  readonly browser: number
  readonly seed: number | null
  readonly chain: number | null
  readonly jobs: number
  readonly verbose: boolean
}

const options = JSON.parse(process.argv[2]) as Options
const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31)
const home = mkdtempSync(join(tmpdir(), 'selectivity-lab-torture-'))

/** Interruptions whose run had the right bytes at its end, and the others. */
let [passed, failed] = [0, 0]

function report({ number, scenario, points, failure, folder }: Chain): void {
  if (failure === null) passed += points.length
  else failed += Math.max(1, points.length)
  console.log(`${failure === null ? '✓' : '✗'} run ${number} (${scenario}), ${points.length} interruptions`)
  if (failure !== null || options.verbose) for (const point of points) console.log(`    killed ${point}`)
  if (failure === null) return
  console.log(`  ${failure}`)
  console.log(`  its folder: ${folder}; again: npm run torture -- --seed ${seed} --chain ${number}`)
}

console.log(`Seed ${seed}`)
const { points, chain, jobs } = options
if (points > 0) for await (const one of tortureNode({ points, seed, chain, jobs, home })) report(one)
if (failed === 0) rmSync(home, { recursive: true, force: true })
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
