/** The short version of `npm run torture`: the command line is killed with SIGKILL in mid-run, and resumes to the same bytes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { tortureNode } from '../../e2e/torture/node.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-torture-'))
afterAll(() => rmSync(home, { recursive: true }))

it('a run that is killed again and again has the bytes of an uninterrupted one', async () => {
  const options = { points: 1, seed: 1, chain: 0, jobs: 1, home, only: ['random-resized-crop'], perChain: 2 }
  const chains = []
  for await (const chain of tortureNode(options)) chains.push(chain)
  expect(chains).toHaveLength(1)
  const [{ points, failure }] = chains
  expect(failure, points.join('\n')).toBeNull()
  expect(points).toHaveLength(2)
})
