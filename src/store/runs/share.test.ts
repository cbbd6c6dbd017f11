import { expect, test } from 'vitest'
import { oldBlob } from '../../testing/old-runs.ts'
import { hasStored, opened, settled } from '../../testing/page.ts'

const base = 'https://lab.example/page/'

/** A page whose server has one file. */
function served(name: string, file: Blob, headers: Record<string, string> = {}) {
  const page = opened()
  const asked: string[] = []
  Object.assign(page.host, {
    fetch: async (path: string) => {
      asked.push(path)
      return path === `${base}${name}` ? new Response(file, { headers }) : new Response('', { status: 404 })
    },
  })
  return { ...page, asked }
}

test('a run of an address is listed without being stored, until the user keeps it', async () => {
  const page = served('run.zip', oldBlob('page-export.zip'))
  const [id] = await page.experiments.openAddress('run.zip', base)
  expect(page.asked).toEqual([`${base}run.zip`])
  expect(page.listed()).toMatchObject([{ id, stored: false, state: 'finished', info: { origin: 'imported' } }])
  expect(await page.folders.ids()).toEqual([])
  await page.experiments.openRun(id)
  expect(page.series.current()?.probes.length).toBeGreaterThan(0)
  await page.experiments.keepRun(id)
  expect(page.listed()).toMatchObject([{ id, stored: true }])
  const next = opened(page.folders)
  await next.experiments.openLibrary()
  expect(next.listed()[0].record).toEqual(page.listed()[0].record)
  expect(next.listed()[0].facts).toEqual(page.listed()[0].facts)
})

test.each([
  ['https://other.example/run.zip', /is on another server/],
  ['//other.example/run.zip', /is on another server/],
  ['data:application/zip;base64,AAAA', /is on another server/],
  ['%E0%A4%A', /%E0%A4%A could not be read: 404/],
  ['missing.zip', /missing\.zip could not be read: 404/],
])('the address %s is refused', async (address, message) => {
  const page = served('run.zip', oldBlob('page-export.zip'))
  expect(await page.experiments.openAddress(address, base)).toEqual([])
  expect(page.experiments.store.getState().problems).toEqual([expect.stringMatching(message)])
  expect(page.listed()).toEqual([])
})

test('a file that is too large to fetch is refused before it is read', async () => {
  const page = served('run.zip', oldBlob('page-export.zip'), { 'content-length': String(2 ** 32) })
  await page.experiments.openAddress('run.zip', base)
  expect(page.experiments.store.getState().problems).toEqual([expect.stringMatching(/larger than 2 GiB/)])
})

test('a run without units and checkpoints gets them from the full export of the same run', async () => {
  const { experiments, listed } = opened()
  const zip = (name: string) => Promise.resolve([{ path: name, file: oldBlob(`../format-1/${name}`) }])
  await experiments.importRuns('list', zip('page-list-export.zip'))
  expect(listed()[0].facts).toMatchObject({ units: false, checkpoints: [] })
  await experiments.importRuns('full', zip('page-export.zip'))
  expect(listed()).toHaveLength(1)
  expect(listed()[0].facts).toMatchObject({ units: true, checkpoints: [{ epoch: 0 }, { epoch: 1 }, { epoch: 2 }] })
})

test('an export without checkpoints and resume points has neither', async () => {
  const page = opened()
  page.lab.start()
  await page.train()
  await hasStored(page, 1)
  const [{ id }] = page.listed()
  await page.folders.edit(id).replace('resume/points.json', '{"format":2,"points":[]}')
  await page.experiments.exportRuns([id], { checkpoints: false, resume: false })
  await page.experiments.exportRuns([id], { checkpoints: true, resume: true })
  await settled()
  const contents = await Promise.all(
    page.saved.map(async ({ blob }) => {
      const next = opened()
      await next.experiments.importRuns('zip', Promise.resolve([{ path: 'a.zip', file: blob }]))
      const files = next.folders.open(id)
      return [next.listed()[0].facts.checkpoints.length, (await files.list('resume')).length]
    }),
  )
  expect(contents).toEqual([
    [0, 0],
    [1, 1],
  ])
})
