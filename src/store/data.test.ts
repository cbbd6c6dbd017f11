import { describe, expect, test } from 'vitest'
import { adapter, report } from '../testing/events.ts'
import { disk, fileHandle, folderHandle } from '../testing/handles.ts'
import { openLab, readyLab, runningLab } from '../testing/lab.ts'
import type { RecentSource } from './sources.ts'
import { loadedData, startBlocker } from './status.ts'

const found = { type: 'data', report, samples: [], secondsPerImage: 0.01 } as const
/** Resolves after pending promises and timers. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

const source = (name: string, handles: readonly FileSystemHandle[]): RecentSource => ({
  id: name,
  name,
  kind: 'folder',
  time: 1,
  handles,
})

describe('sources by handle', () => {
  test('are sent to the worker unchanged; the files found are counted first', () => {
    const { lab, state, sent, answer } = openLab()
    const folder = folderHandle(disk(), 'mine', {})
    lab.readHandles('mine', [folder])
    expect(sent.at(-1)).toMatchObject({
      type: 'read-data',
      input: { kind: 'handles', name: 'mine', handles: [folder] },
    })
    answer({ type: 'reading', done: 12 })
    expect(state().data).toMatchObject({ status: 'reading', name: 'mine', done: 12 })
  })

  test('are remembered once they were read: the newest first, each once', async () => {
    const { lab, state, answer, browser } = openLab()
    const on = disk()
    const read = async (path: string, kind: 'folder' | 'file') => {
      const handle = kind === 'file' ? fileHandle(on, path, '') : folderHandle(on, path, {})
      lab.readHandles(path, [handle])
      answer(found)
      await settle()
    }
    await read('a', 'folder')
    await read('b.zip', 'file')
    await read('a', 'folder')
    lab.readHandles('broken', [folderHandle(on, 'broken', {})])
    answer({ type: 'data-refused', message: 'no images', cancelled: false })
    await settle()
    expect(state().recent.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'folder'],
      ['b.zip', 'archive'],
    ])
    expect(browser.sources).toBe(state().recent)
    expect(browser.storageRequests).toBe(1)
    for (let i = 0; i < 10; i++) await read(`set ${i}`, 'folder')
    expect(state().recent).toHaveLength(8)
  })

  test('of earlier visits stay in the list when a new source is read before the list', async () => {
    const on = disk()
    const { lab, state, answer, browser } = openLab({ recent: [source('mine', [folderHandle(on, 'mine', {})])] })
    lab.readHandles('new', [folderHandle(on, 'new', {})])
    answer(found)
    await settle()
    await lab.listRecent()
    expect(state().recent.map(({ name }) => name)).toEqual(['new', 'mine'])
    expect(browser.sources).toBe(state().recent)
  })

  test('are changed one after another, so that no change is lost', async () => {
    const on = disk()
    const { lab, state, answer, browser } = openLab({ recent: [source('mine', [folderHandle(on, 'mine', {})])] })
    await lab.listRecent()
    lab.readHandles('a', [folderHandle(on, 'a', {})])
    answer(found)
    await Promise.all([lab.forget('mine'), settle()])
    lab.readHandles('b', [folderHandle(on, 'b', {})])
    answer(found)
    lab.readHandles('c', [folderHandle(on, 'c', {})])
    answer(found)
    await settle()
    expect(state().recent.map(({ name }) => name)).toEqual(['c', 'b', 'a'])
    expect(browser.sources).toBe(state().recent)
  })

  test('of an earlier visit are listed without asking, and read once the user allows it', async () => {
    const on = { ...disk(), permission: 'prompt' as const }
    const { lab, state, sent } = openLab({ recent: [source('mine', [folderHandle(on, 'mine', {})])] })
    await lab.listRecent()
    expect(state().recent).toHaveLength(1)
    expect(on.permission).toBe('prompt')
    await lab.reopen('mine')
    expect(on.permission).toBe('granted')
    expect(sent).toMatchObject([{ type: 'read-data', input: { kind: 'handles', name: 'mine' } }])
  })

  test('are not read when a run has started before the permission is given', async () => {
    const on = { ...disk(), permission: 'prompt' as const }
    const { lab, state, sent } = readyLab({ recent: [source('mine', [folderHandle(on, 'mine', {})])] })
    await lab.listRecent()
    const reopened = lab.reopen('mine')
    lab.start()
    await reopened
    expect(sent.at(-1)).toMatchObject({ type: 'start' })
    expect(state().data.status).toBe('ready')
  })

  test('without permission are refused with the cure, and can be forgotten', async () => {
    const on = { ...disk(), permission: 'prompt' as const, answer: 'denied' as const }
    const { lab, state, sent, browser } = openLab({ recent: [source('mine', [folderHandle(on, 'mine', {})])] })
    await lab.listRecent()
    await lab.reopen('mine')
    expect(sent).toEqual([])
    expect(state().data).toMatchObject({
      status: 'refused',
      message: expect.stringMatching(/mine was not given.*forget/),
    })
    await lab.forget('mine')
    expect(state().recent).toEqual([])
    expect(browser.sources).toEqual([])
  })
})

describe('reading', () => {
  test('continues when the answer to an earlier, cancelled request arrives late', () => {
    const { lab, state, answer } = openLab()
    lab.readHandles('one', [])
    lab.cancelReading()
    lab.readHandles('two', [])
    answer({ type: 'data-refused', message: 'aborted', cancelled: true })
    expect(state().data).toMatchObject({ status: 'reading', name: 'two' })
  })
})

describe('the images that are read in the background', () => {
  const listed = { ...report, source: 'mine', files: 36, checked: 0, contents: null }
  const afterListing = () => {
    const page = openLab()
    page.lab.open()
    page.answer({ type: 'device', adapter })
    page.lab.readHandles('mine', [])
    page.answer({ ...found, report: listed, secondsPerImage: null })
    return page
  }

  test('do not keep a run from starting', () => {
    const { state, answer } = afterListing()
    expect(state().status).toMatch(/^Dataset listed: 3 classes/)
    expect(state().audit).toMatchObject({ status: 'on', done: 0, total: 36 })
    expect(startBlocker(state())).toBeNull()
    answer({ type: 'auditing', done: 9, total: 36, secondsPerImage: 0.01 })
    expect(state().audit).toMatchObject({ status: 'on', done: 9, secondsPerImage: 0.01 })
  })

  test('complete the report, also while another dataset is being listed', () => {
    const { lab, state, answer } = afterListing()
    lab.readHandles('other', [])
    const unreadable = [{ path: 'cat/1.png', reason: 'the PNG is truncated' }]
    answer({ type: 'audited', request: 1, report: { ...listed, checked: 36, unreadable }, message: null })
    expect(state().data).toMatchObject({ status: 'reading', previous: { report: { unreadable } } })
    expect(state().audit?.status).toBe('done')
    expect(state().status).toMatch(/^All images are checked\. .* 1 file could not be read\.$/)
    answer({ ...found, request: 2, report: listed })
    answer({ type: 'audited', request: 1, report: { ...listed, checked: 36, unreadable }, message: null })
    expect(loadedData(state().data)?.report.unreadable).toEqual([])
  })

  test('can be left unread, and read later', () => {
    const { lab, state, sent, answer } = afterListing()
    lab.setChecking(false)
    expect(sent.at(-1)).toEqual({ type: 'check-images', on: false })
    answer({ type: 'audited', request: 1, report: { ...listed, checked: 9 }, message: null })
    expect(state().audit?.status).toBe('stopped')
    lab.setChecking(true)
    expect(sent.at(-1)).toEqual({ type: 'check-images', on: true })
    answer({ type: 'audited', request: 1, report: { ...listed, checked: 9 }, message: 'mine is gone' })
    expect(state().audit).toMatchObject({ status: 'failed', message: 'mine is gone' })
  })

  test('are no longer read once the worker is gone', () => {
    const { lab, state, workers, sent } = afterListing()
    workers.at(-1)?.onCrash('killed')
    expect(state().audit?.status).toBe('stopped')
    const before = sent.length
    lab.setChecking(true)
    expect(sent).toHaveLength(before)
  })
})

describe('the layout of folders', () => {
  const layout = { chosen: 'deepest', found: 'deepest', text: '', alternatives: [], ambiguous: false } as const
  const deep = { ...found, report: { ...report, source: 'mine', layout } }
  const auto = { ...found, report: { ...report, source: 'mine', layout: { ...layout, chosen: 'auto' as const } } }

  test('is chosen for the source, the configuration and later visits', async () => {
    const on = disk()
    const { lab, state, sent, answer, browser } = openLab()
    const handle = folderHandle(on, 'mine', {})
    lab.readHandles('mine', [handle])
    expect(sent.at(-1)).not.toHaveProperty('layout')
    answer(auto)
    lab.readAs('deepest')
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { name: 'mine' }, layout: 'deepest' })
    answer(deep)
    await settle()
    expect(state().config.data.layout).toBe('deepest')
    expect(browser.sources).toMatchObject([{ name: 'mine', layout: 'deepest' }])

    lab.readHandles('mine', [handle])
    expect(sent.at(-1)).toMatchObject({ layout: 'deepest' })
    answer(deep)
    lab.readHandles('other', [folderHandle(on, 'other', {})])
    expect(sent.at(-1)).not.toHaveProperty('layout')
    answer({ ...auto, report: { ...auto.report, source: 'other' } })
    expect(state().config.data.layout).toBe('auto')
    await settle()
    await lab.reopen(browser.sources.find(({ name }) => name === 'mine')?.id ?? '')
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { name: 'mine' }, layout: 'deepest' })
  })

  test('can be chosen where the source was refused; the dataset before keeps its own', () => {
    const { lab, state, sent, answer } = openLab()
    lab.readHandles('mine', [])
    answer(deep)
    lab.readHandles('flat', [])
    answer({ type: 'data-refused', message: 'no class folders', cancelled: false })
    expect(state().data).toMatchObject({ status: 'refused', reading: { input: { name: 'flat' }, layout: 'auto' } })
    expect(state().config.data.layout).toBe('deepest')
    lab.readAs('classes')
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', input: { name: 'flat' }, layout: 'classes' })
  })

  test('that a configuration asks for is read before its run', async () => {
    const { lab, state, sent, answer } = readyLab()
    lab.readHandles('mine', [])
    answer(auto)
    lab.applyPreset('small')
    expect(state().config.data.layout).toBe('auto')
    lab.setConfigValue('data.layout', 'deepest')
    lab.start()
    expect(sent.at(-1)).toMatchObject({ type: 'read-data', layout: 'deepest' })
    answer(deep)
    await settle()
    expect(sent.at(-1)).toMatchObject({ type: 'start', config: { data: { layout: 'deepest' } } })
  })
})

describe('samples of a class', () => {
  test('come from the worker; late images and images of an earlier dataset are not shown', () => {
    const { lab, state, sent, answer } = readyLab()
    const sample = { label: 1, path: 'dog/1.png', width: 1, height: 1, rgba: new Uint8ClampedArray(4) }
    lab.showClass(0)
    lab.showClass(1)
    expect(sent.slice(-2)).toEqual([0, 1].map((label) => ({ type: 'show-class', label })))
    answer({ type: 'samples', label: 0, samples: [] })
    expect(state().classSamples).toEqual({ label: 1, samples: null })
    answer({ type: 'samples', label: 1, samples: [sample] })
    expect(state().classSamples).toEqual({ label: 1, samples: [sample] })
    lab.showClass(null)
    expect(state().classSamples).toBeNull()
    lab.showClass(1)
    lab.readCifar10()
    answer(found)
    expect(state().classSamples).toBeNull()
  })
})

describe('cached images', () => {
  test('are listed and deleted by the worker', () => {
    const { lab, state, sent, answer } = openLab()
    const cache = { id: 'c1', source: 'mine', side: 64, images: 10, outdated: 0, bytes: 1000 }
    lab.listCaches()
    answer({ type: 'caches', caches: [cache, { ...cache, id: 'c2' }], free: 5 })
    expect(state().caches).toMatchObject({ free: 5, caches: [{ id: 'c1' }, { id: 'c2' }] })
    lab.deleteCache('c1')
    lab.deleteAllCaches()
    const deleted = (id: string) => ({ type: 'delete-cache', id })
    const list = { type: 'list-caches' }
    expect(sent).toEqual([list, deleted('c1'), list, deleted('c1'), deleted('c2'), list])
  })
})

describe('decoding before a run', () => {
  test('is shown until it is done or the run ends', () => {
    const { state, answer, event } = runningLab()
    answer({ type: 'preparing', done: 1, total: 9, cached: false })
    expect(state().preparing).toEqual({ done: 1, total: 9, cached: false })
    expect(state().status).toBe('Reading images for the run.')
    answer({ type: 'preparing', done: 9, total: 9, cached: true })
    expect(state().preparing).toBeNull()
    answer({ type: 'preparing', done: 1, total: 9, cached: true })
    event({ type: 'end', step: 0, epoch: 0, reason: 'stopped', message: '', advice: '', time: 1 })
    expect(state().preparing).toBeNull()
  })
})
