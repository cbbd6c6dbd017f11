/** The built page on a plain server: under a path and without our headers, as on GitHub Pages. */
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test as base, expect } from '@playwright/test'
import sirv from 'sirv'
import { root } from '../scripts/setup.mjs'
import { drop } from './drop.ts'
import { threeClasses, writeFolder } from './fixtures.ts'
import { openToy, startTraining, untilEnded } from './lab.ts'

const path = '/some/deep/path/'

/** Serves dist below `path` and nothing elsewhere. `missing` collects the addresses that it could not answer. */
const test = base.extend<{ missing: string[] }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
  missing: async ({}, use) => use([]),
  baseURL: async ({ missing }, use) => {
    const files = sirv(join(root, 'dist'), { dev: true })
    const server = createServer((request, response) => {
      const asked = request.url ?? ''
      const refuse = () => {
        missing.push(asked)
        response.writeHead(404).end()
      }
      if (!asked.startsWith(path)) return refuse()
      request.url = asked.slice(path.length - 1)
      files(request, response, refuse)
    })
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    const address = server.address()
    if (typeof address !== 'object' || !address) throw new Error('the test server has no port')
    await use(`http://localhost:${address.port}${path}`)
    server.closeAllConnections()
    server.close()
  },
})

test('the page trains and shows recorded runs on a plain server, under any path', async ({ page, missing }) => {
  const refused: string[] = []
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) refused.push(message.text())
  })
  await test.step('train on images whose folders are WordNet ids', async () => {
    await openToy(page, { epochs: 1, images: 4, batch: 6 })
    const ids: Readonly<Record<string, string>> = { cat: 'n02123045', dog: 'n02084071', fox: 'n02119022' }
    const files = (await threeClasses(6)).map(({ path: name, bytes }) => {
      const [animal, file] = name.split('/')
      return { path: `${ids[animal]}/${file}`, bytes }
    })
    const names = page.waitForResponse((response) => response.url().endsWith(`${path}wordnet-names.txt`))
    await drop(page, [writeFolder('animals', files)])
    expect((await names).status()).toBe(200)
    await startTraining(page)
    await untilEnded(page)
    await expect(page.getByRole('region', { name: 'Selectivity', exact: true })).toContainText('SI')
  })
  await test.step('open a run by its address', async () => {
    page.on('dialog', (dialog) => void dialog.accept())
    await page.goto('./?run=examples/rise-and-recede.zip')
    await expect(page.getByRole('region', { name: 'Selectivity', exact: true })).toContainText(/layer\d/)
  })
  expect(missing).toEqual([])
  expect(refused).toEqual([])
})
