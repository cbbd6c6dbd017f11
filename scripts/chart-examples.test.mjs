import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { root } from './setup.mjs'

const home = mkdtempSync(join(tmpdir(), 'lab-chart-examples-'))
afterAll(() => rmSync(home, { recursive: true }))

it('the examples of empty charts have the numbers of the shipped runs', () => {
  const out = join(home, 'numbers.json')
  execFileSync(process.execPath, [join(root, 'scripts', 'chart-examples.mjs'), '--out', out])
  const page = join(root, 'src', 'ui', 'charts', 'examples', 'numbers.json')
  expect(JSON.parse(readFileSync(page, 'utf8'))).toEqual(JSON.parse(readFileSync(out, 'utf8')))
})
