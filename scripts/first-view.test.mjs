import { expect, test, vi } from 'vitest'
import { ensureBuild } from './build.mjs'
import { sizesOf } from './first-view.mjs'

test('before training the page needs less than 250 KB of script', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const { first, auto, worker } = await ensureBuild()
  vi.unstubAllEnvs()
  expect(first).toBeGreaterThan(100_000)
  expect(auto).toBeGreaterThan(first)
  expect(auto).toBeLessThan(250_000)
  expect(worker).toBeLessThan(450_000)
})

test('static imports count, and a module that moved is an error', () => {
  const chunk = (fileName, imports, isEntry = false) => ({
    type: 'chunk',
    fileName,
    imports,
    isEntry,
    moduleIds: [],
    code: fileName,
  })
  expect(() => sizesOf([chunk('a.js', ['b.js'], true), chunk('b.js', [])])).toThrow('no chunk has src/ui/charts')
})
