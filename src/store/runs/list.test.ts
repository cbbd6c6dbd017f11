import { describe, expect, test, vi } from 'vitest'
import type { RecordedEvent } from '../../protocol/run-events.ts'
import type { RunFolders } from '../../runs/folders.ts'
import { newInfo } from '../../runs/format/info.ts'
import { memoryFolders } from '../../runs/memory-folders.ts'
import { runPaths } from '../../runs/run-paths.ts'
import { createTable, tables } from '../../runs/tables.ts'
import { startEvent, stepEvent } from '../../testing/events.ts'
import { checkpoint, curve } from '../../testing/measured-run.ts'
import { byHand, hasStored, nothingEarlier, opened, settled, writeRun } from '../../testing/page.ts'
import { trialName } from '../experiments/trial-name.ts'
import type { CatalogEntry, RunCatalog } from './catalog.ts'

const zipOf = (file: Blob) => Promise.resolve([{ path: 'runs.zip', file }])

/** Copies the files of a run into other folders. */
async function copied(from: RunFolders, id: string, without: readonly string[] = []): Promise<RunFolders> {
  const to = memoryFolders()
  for (const path of await runPaths(from.open(id))) {
    const blob = await from.open(id).read(path)
    if (blob && !without.includes(path)) await to.edit(id).replace(path, blob)
  }
  return to
}

describe('the list of runs', () => {
  test('a run is listed when it ends and at the next visit; deleted, it can be restored until it is purged', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const next = opened(page.folders)
    await next.experiments.openLibrary()
    const { busy, problems, storage } = next.experiments.store.getState()
    expect(next.listed()).toMatchObject([{ id, state: 'finished', stored: true }])
    expect(next.listed()[0].facts.checkpoints).toEqual([{ file: checkpoint(15), epoch: 15, step: 1 }])
    expect(next.listed()[0].record).toEqual(page.listed()[0].record)
    expect([busy, problems, storage?.persistent]).toEqual([null, [], true])
    await next.experiments.deleteRuns([id])
    expect([next.listed(), next.experiments.store.getState().undo]).toEqual([[], [id]])
    await next.experiments.restoreRuns([id])
    expect([next.listed().length, next.experiments.store.getState().undo]).toEqual([1, []])
    await next.experiments.deleteRuns([id])
    const third = opened(page.folders)
    await third.experiments.openLibrary()
    expect([third.listed(), third.experiments.store.getState().deleted.length]).toEqual([[], 1])
    await third.experiments.purgeRuns([id])
    expect([third.experiments.store.getState().deleted, await page.folders.ids()]).toEqual([[], []])
  })

  test('a run that is deleted or restored while the list is read again is listed as it is then', async () => {
    const folders = memoryFolders()
    // `settled` would wait for the changes that this test holds back.
    const turn = () => new Promise((resolve) => setTimeout(resolve))
    await writeRun(folders, 'whole', [{ ...startEvent, time: 0 }, stepEvent(1, 1)], 1)
    let release = (): void => {}
    let waiting: Promise<void> | null = null
    const open: RunFolders['open'] = (id) => {
      const files = folders.open(id)
      const list: typeof files.list = async (folder) => {
        await waiting
        return files.list(folder)
      }
      return { ...files, list }
    }
    const page = opened({ ...folders, open })
    const { experiments } = page
    await experiments.openLibrary()
    for (const change of [experiments.deleteRuns, experiments.restoreRuns]) {
      waiting = new Promise((resolve) => {
        release = resolve
      })
      const refreshed = experiments.refreshRuns()
      await turn()
      const changed = change(['whole'])
      await turn()
      release()
      await Promise.all([refreshed, changed])
      expect(page.listed().length).toBe(change === experiments.deleteRuns ? 0 : 1)
    }
  })

  test('a deleted run is purged after 30 days, and not earlier', async () => {
    const page = opened()
    const day = 24 * 3600 * 1000
    for (const [id, deleted] of [
      ['old', 1000 - 31 * day],
      ['new', 1000 - 29 * day],
    ] as const) {
      await writeRun(page.folders, id, [{ ...startEvent, time: 0 }, stepEvent(1, 1)], 0)
      const info = { ...newInfo({ id, created: 0, name: id }), deleted: Math.max(0, deleted + 31 * day) }
      await page.folders.edit(id).replace('run.json', JSON.stringify(info))
    }
    const now = vi.spyOn(page.host, 'now').mockReturnValue(1000 + 31 * day)
    await page.experiments.openLibrary()
    now.mockRestore()
    expect(page.experiments.store.getState().deleted.map(({ id }) => id)).toEqual(['new'])
    expect(await page.folders.ids()).toEqual(['new'])
  })

  test('a run that only timed steps when its page was closed leaves no trace', async () => {
    const page = opened()
    const config = { ...startEvent.config, name: trialName }
    await writeRun(page.folders, 'trial', [{ ...startEvent, config, time: 0 }, stepEvent(1, 1)], 0)
    await page.experiments.openLibrary()
    expect([page.listed(), await page.folders.ids()]).toEqual([[], []])
  })

  test('names, tags, notes and pins are stored in run.json', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const { experiments } = page
    await Promise.all([
      experiments.renameRun(id, ' new name '),
      experiments.tagRun(id, 'a, b,, a'),
      experiments.noteRun(id, 'why'),
      experiments.pinRun(id, true),
      experiments.renameRun(id, '  '),
    ])
    const next = opened(page.folders)
    await next.experiments.openLibrary()
    expect(next.listed()[0].info).toMatchObject({ name: 'new name', tags: ['a', 'b'], note: 'why', pinned: true })
    expect(next.listed()[0].record.name).toBe('new name')
  })

  test('without the catalog, or with an outdated one, everything is read from the folders', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const kept = new Map<string, CatalogEntry>()
    const catalog: RunCatalog = {
      read: async () => kept,
      put: async (own, run) => void kept.set(own, run),
      remove: async (ids) => ids.forEach((own) => void kept.delete(own)),
    }
    const visit = async () => {
      const next = opened(page.folders, nothingEarlier, catalog)
      await next.experiments.openLibrary()
      return next.listed()
    }
    const first = await visit()
    expect([...kept.keys()]).toEqual([id])
    // The catalog is used: its record is shown as it is.
    const known = kept.get(id) as CatalogEntry
    kept.set(id, { ...known, record: { ...known.record, lab: 'from the catalog' } })
    expect((await visit())[0].record.lab).toBe('from the catalog')
    // A changed folder is read again.
    const log = await page.folders.open(id).read('events.jsonl')
    await page.folders.edit(id).replace('events.jsonl', `${await log?.text()}\n`)
    expect(await visit()).toEqual(first.map((run) => ({ ...run, bytes: run.bytes + 1 })))
    kept.clear()
    expect(await visit()).toEqual(first.map((run) => ({ ...run, bytes: run.bytes + 1 })))
  })

  test('a damaged run is reported and the others are listed; runs of one name are numbered', async () => {
    const folders = memoryFolders()
    const events: RecordedEvent[] = [{ ...startEvent, time: 0 }, stepEvent(1, 1)]
    await writeRun(folders, 'whole', events, 1)
    await writeRun(folders, 'again', events, 2)
    await writeRun(folders, 'broken', events, 3)
    await folders.edit('broken').replace('events.jsonl', 'no json\n')
    await folders.edit('empty').replace('checkpoints/epoch-0000.safetensors', new Uint8Array(1))
    const page = opened(folders)
    await page.experiments.openLibrary()
    const { name } = startEvent.config
    expect(page.listed().map(({ record, state }) => [record.name, state])).toEqual([
      [name, 'interrupted'],
      [`(2) ${name}`, 'interrupted'],
    ])
    expect(page.experiments.store.getState().problems).toEqual([expect.stringMatching(/line 1 of events\.jsonl/)])
    // What has neither run.json nor a log was left by an earlier version; the damaged run stays.
    expect(await folders.ids()).toEqual(['whole', 'again', 'broken'])
    expect(page.experiments.store.getState().damaged).toMatchObject([{ id: 'broken' }])
    await page.experiments.purgeRuns(['broken'])
    expect(page.experiments.store.getState().damaged).toEqual([])
    expect(await folders.ids()).toEqual(['whole', 'again'])
  })

  test('exported runs are the same when they are imported, with their measurements and checkpoints', async () => {
    const page = opened()
    for (const name of ['none/seed-1', 'late/seed-1', 'none/seed-1']) {
      const before = page.listed().length
      page.lab.setConfigValue('name', name)
      page.lab.start()
      await page.train()
      if (name === 'late/seed-1') {
        page.lab.measure(byHand)
        page.measure()
      }
      await hasStored(page, before + 1)
    }
    await settled()
    const { experiments } = page
    const runs = page.listed()
    await experiments.exportRuns(runs.map(({ id }) => id))
    await experiments.exportRuns([runs[1].id])
    const [all, one] = page.saved
    expect([all.name, one.name]).toEqual(['3-runs.zip', 'late-seed-1.zip'])
    const imported = async (file: Blob) => {
      const next = opened()
      await next.experiments.importRuns('runs.zip', zipOf(file))
      expect(next.experiments.store.getState().problems).toEqual([])
      return next.listed()
    }
    const before = runs.map(({ record }) => record)
    expect(before.map(({ name }) => name)).toEqual(['none/seed-1', 'late/seed-1', '(2) none/seed-1'])
    const again = await imported(all.blob)
    expect(again.map(({ record }) => record)).toEqual(before)
    expect(again.map(({ id, facts }) => [id, facts])).toEqual(runs.map(({ id, facts }) => [id, facts]))
    expect((await imported(one.blob)).map(({ record }) => record)).toEqual([before[1]])
    expect(before[1].ablation).toHaveLength(1)
    // The same page recognizes them.
    await experiments.importRuns('runs.zip', zipOf(all.blob))
    expect(page.state().status).toBe('0 runs imported. 3 existed already.')
  })

  test('a copy completes a run: measurements and checkpoints that it lacks; what both have stays', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const bare = opened(await copied(page.folders, id, [`checkpoints/${checkpoint(20)}`]))
    page.lab.measure(byHand)
    page.measure()
    await settled()
    await page.experiments.exportRuns([id])
    const file = page.saved[0].blob
    const table = createTable(tables.curves)
    for (const order of ['selective', 'random'] as const)
      for (const row of curve({ epoch: 1, module: 'layer1', order, top1: [0.5, 0.2, 0.1] })) table.put(row)
    await bare.folders.edit(id).replace(tables.curves.file, table.text())
    await bare.experiments.openLibrary()
    await bare.experiments.importRuns('runs.zip', zipOf(file))
    expect(bare.state().status).toBe('0 runs imported. 1 existed already. 1 of them got what they lacked.')
    const [{ record, facts }] = bare.listed()
    expect(record.ablation.map(({ epoch }) => epoch)).toEqual([1, 20])
    expect(facts.checkpoints).toHaveLength(1)
    expect(page.listed()[0].record.ablation.map(({ epoch }) => epoch)).toEqual([20])
  })

  test('a deleted run is not listed again by a measurement, and an import restores it', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    await page.experiments.exportRuns([id])
    await page.experiments.deleteRuns([id])
    page.lab.measure(byHand)
    page.measure()
    await settled()
    expect(page.listed()).toEqual([])
    await page.experiments.importRuns('runs.zip', zipOf(page.saved[0].blob))
    expect(page.listed().map((run) => run.id)).toEqual([id])
  })

  test('a folder without runs is reported', async () => {
    const { experiments } = opened()
    await experiments.importRuns('texts', Promise.resolve([{ path: 'a.txt', file: new Blob([]) }]))
    expect(experiments.store.getState().problems).toEqual([expect.stringMatching(/texts contains no run/)])
  })

  test('a run of an earlier visit opens with its series, and its control is that of an ended run', async () => {
    const page = opened()
    page.lab.start()
    await page.train()
    await hasStored(page, 1)
    const [{ id }] = page.listed()
    const next = opened(page.folders)
    await next.experiments.openLibrary()
    await next.experiments.openRun(id)
    expect(next.series.current()?.evaluations.map(({ top1 }) => top1)).toEqual([0.1, 0.5])
    expect(next.state().run).toMatchObject({ id, status: 'ended', end: { reason: 'finished' } })
    expect(next.experiments.store.getState().center).toBe('run')
  })
})
