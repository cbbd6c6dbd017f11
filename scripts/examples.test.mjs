import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { root } from './setup.mjs'

const home = mkdtempSync(join(tmpdir(), 'lab-examples-'))
afterAll(() => rmSync(home, { recursive: true }))

const start = '{"type":"start"}\n'
const arm = (name, schedule) => ({ name, changes: { 'regularizer.schedule': schedule } })

/** What the script says of a plan whose runs have these logs. */
function saidOf(name, logs) {
  const folder = join(home, name)
  const arms = [arm('none', []), arm('from-0', [{ fromEpoch: 0, toEpoch: 15, alpha: -0.5 }])]
  for (const [run, log] of Object.entries(logs)) {
    mkdirSync(join(folder, run), { recursive: true })
    writeFileSync(join(folder, run, 'events.jsonl'), log)
  }
  writeFileSync(
    join(folder, 'plan.json'),
    JSON.stringify({ name: 'plan', base: { data: { source: 'a' } }, arms, seeds: [1] }),
  )
  const script = join(root, 'scripts', 'examples.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, folder, '--out', join(home, 'out')], {
    encoding: 'utf8',
  })
  return { status, stderr }
}

it('a run with a part of a line at its end has not finished', () => {
  const { status, stderr } = saidOf('torn', { 'none/seed-1': `${start}{"type":"step","ste` })
  expect(stderr).toMatch(/^no run of .*torn has finished\n$/)
  expect(status).toBe(1)
})

it('the first example is a run without a regularizer', () => {
  const finished = `${start}{"type":"end","reason":"finished"}\n`
  const { status, stderr } = saidOf('regularized', { 'none/seed-1': start, 'from-0/seed-1': finished })
  expect(stderr).toMatch(/^no run of .*regularized without a regularizer has finished/)
  expect(status).toBe(1)
})
