/** The process of `npm run torture:sweeps`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { withoutRedis } from '../../src/testing/redis.ts'
import { tortureSweeps } from './sweep.ts'

const write = (line: string) => process.stdout.write(`${line}\n`)
const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } })
const kills = Number(values.kills ?? 40)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!(Number.isInteger(kills) && kills > 0 && Number.isInteger(seed))) {
  write('--kills and --seed are whole numbers; --kills is at least 1')
  process.exit(2)
}
if (withoutRedis !== null) process.exit(1)
const home = mkdtempSync(join(tmpdir(), 'lab-torture-sweeps-'))
write(`Seed ${seed}`)
let [failed, done] = [0, 0]
for await (const { kills: own, failure } of tortureSweeps({ kills, seed, home })) {
  done += own.length
  if (failure !== null) failed++
  write(
    `${failure === null ? 'same bytes' : 'FAILED'} after ${own.length} kills: ${own.join(', ')}${failure === null ? '' : `\n${failure}`}`,
  )
}
write(`${done} kills, ${failed} plans failed${failed > 0 ? `; their files are in ${home}` : ''}`)
if (failed === 0) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
process.exit(failed > 0 ? 1 : 0)
