import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { adapterName } from '../../adapter-name.ts'
import { presets } from '../../config/presets.ts'
import { openRunReader } from '../../runs/format/reader.ts'
import { zippedRuns } from '../../runs/format/zip-files.ts'
import { loadRun } from '../../runs/load-run.ts'
import { oldBlob } from '../../testing/old-runs.ts'
import { opened, settled } from '../../testing/page.ts'
import { measureBlocker } from '../status.ts'
import { parseExamples } from './example-actions.ts'

const folder = new URL('../../../public/examples/', import.meta.url).pathname
const index: unknown[] = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
const shipped = parseExamples(index)

const runsOf = (file: string) => zippedRuns(new Blob([readFileSync(join(folder, file))]))

describe('the shipped examples', () => {
  test('are one run and arms, and together under 3 MB', () => {
    expect(shipped).toHaveLength(index.length)
    expect(shipped.map(({ kind }) => kind).sort()).toEqual(['arms', 'run'])
    const files = readdirSync(folder)
    expect(files.sort()).toEqual(['index.json', ...shipped.map(({ file }) => file)].sort())
    const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
    expect(bytes).toBeLessThan(3_000_000)
  })

  test.each(shipped)(
    '$id has the runs that the index names, made as it says',
    async ({ file, runs, provenance, preset }) => {
      const found = await runsOf(file)
      const read = []
      for (const { files } of found) {
        const reader = await openRunReader(files, file)
        const { run, problems } = await loadRun(reader, 'id')
        expect(problems).toEqual([])
        expect(run.end).toMatchObject({ reason: 'finished' })
        const { config, environment } = reader.start
        const units = run.probes[0] ? await reader.units(run.probes[0]) : null
        read.push({ name: config.name, units: units !== null })
        expect([environment.lab, adapterName(environment.adapter)]).toEqual([provenance.lab, provenance.adapter])
        expect(await files.list('checkpoints')).toEqual([])
        const same = presets.find(({ id }) => id === preset)
        if (same) {
          const { optimizer, model, probe } = same.config
          expect([config.optimizer, config.model, config.probe]).toEqual([optimizer, model, probe])
        }
      }
      expect(read.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
        [...runs].sort((a, b) => (a.name < b.name ? -1 : 1)),
      )
    },
  )

  test.each(shipped)('$id names no folder of a machine', async ({ file }) => {
    for (const { files } of await runsOf(file))
      for (const { name } of await files.list('')) {
        if (name === 'units.bin') continue
        const text = await (await files.read(name))?.text()
        expect(text, name).not.toMatch(/"\/|\/(home|root|work|tmp|Users)\/|[A-Z]:\\\\/)
      }
  })
})

test('a shipped run says that it has no checkpoint files to measure, unlike the same run with them', async () => {
  const [{ files }] = await runsOf(shipped.find(({ kind }) => kind === 'run')?.file ?? '')
  const { lab, series } = opened()
  const blocker = () => measureBlocker(lab.store.getState(), series.shown())
  await lab.openRun(await openRunReader(files, 'copy'), 'id')
  await vi.waitFor(() => expect(blocker()).toMatch(/^This copy of the run has no checkpoint files/))
  const shown = series.shown()
  const further = shown && { ...shown, checkpoints: [...shown.checkpoints, ...shown.checkpoints.slice(-1)] }
  expect(measureBlocker(lab.store.getState(), further)).toBe(null)
  const names = series.shown()?.checkpoints.map(({ file }) => ({ name: file, bytes: 1 })) ?? []
  const list = async (folder: string) => (folder === 'checkpoints' ? names : files.list(folder))
  await lab.openRun(await openRunReader({ ...files, list }, 'whole'), 'id')
  await vi.waitFor(() => expect(blocker()).toBe(null))
})

const example = {
  id: 'one',
  kind: 'run',
  title: 'One run',
  text: 'A run.',
  file: 'one.zip',
  runs: [{ name: 'toy', units: true }],
  preset: null,
  provenance: { lab: '0', commit: null, adapter: 'a', data: 'd', command: 'c' },
}

/** A page that nobody has used, whose server has the examples. */
function visited(list: unknown = [example, { ...example, id: 'arms', kind: 'arms' }, { id: 'broken' }]) {
  const page = opened(undefined, undefined, undefined, { hasData: false })
  Object.assign(page.host, {
    fetch: async (path: string) =>
      path === 'examples/index.json'
        ? new Response(JSON.stringify(list))
        : path === 'examples/one.zip'
          ? new Response(oldBlob('page-export.zip'))
          : new Response('', { status: 404 }),
  })
  return page
}

describe('a first visit', () => {
  test('shows the first example of one run, which is listed until the page is closed', async () => {
    const page = visited()
    const opening = page.experiments.openFirstExample()
    expect(await opening).not.toBe(null)
    const [{ id, stored, info }] = page.listed()
    expect(await opening).toBe(id)
    expect([stored, info.origin, page.series.shown()?.id]).toEqual([false, 'example', id])
    expect(page.experiments.store.getState().exampleOf.get(id)).toBe('one')
    expect(await page.folders.ids()).toEqual([])
  })

  test('leaves a page alone whose user has begun in the meantime', async () => {
    const page = visited()
    const opening = page.experiments.openFirstExample()
    page.lab.readCifar10()
    expect(await opening).toBe(null)
    expect(page.series.shown()).toBe(null)
  })

  test('is none where the browser has runs, and where the page has no examples', async () => {
    const before = opened()
    before.lab.start()
    await before.train()
    await settled()
    const page = visited()
    Object.assign(page.host, { folders: before.folders })
    expect(await page.experiments.openFirstExample()).toBe(null)
    expect(page.series.shown()).toBe(null)
    const bare = visited([])
    expect(await bare.experiments.openFirstExample()).toBe(null)
    expect(bare.experiments.store.getState().problems).toEqual([])
  })

  test('reports an example that cannot be read', async () => {
    const page = visited([{ ...example, file: 'gone.zip' }])
    expect(await page.experiments.openFirstExample()).toBe(null)
    expect(page.experiments.store.getState().problems).toEqual([
      expect.stringMatching(/^One run could not be read: 404/),
    ])
  })
})

test('a run that two examples have keeps the description of the one about it alone', async () => {
  const arms = { ...example, id: 'arms', kind: 'arms' }
  for (const order of [
    ['one', 'arms'],
    ['arms', 'one'],
  ]) {
    const page = visited([example, arms])
    await page.experiments.openLibrary()
    for (const id of order) await page.experiments.openExample(id)
    expect([...page.experiments.store.getState().exampleOf.values()]).toEqual(['one'])
  }
})

test('an example with arms opens in Compare, with its runs alone', async () => {
  const page = visited([{ ...example, kind: 'arms' }])
  page.lab.readCifar10()
  await page.experiments.openLibrary()
  const ids = await page.experiments.openExample('one')
  expect(ids).toHaveLength(1)
  const { center, leftOut, runs } = page.experiments.store.getState()
  expect([center, leftOut.has(ids[0]), runs.length]).toEqual(['compare', false, 1])
  expect(page.series.shown()).toBe(null)
  await expect(page.experiments.openExample('none')).rejects.toThrow('unknown example: none')
})
