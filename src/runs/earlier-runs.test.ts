import { expect, test } from 'vitest'
import { oldLibrary } from '../testing/old-runs.ts'
import { moveEarlierRuns } from './earlier-runs.ts'
import type { EarlierRuns } from './earlier-store.ts'
import type { RunFolders } from './folders.ts'
import { openRunReader } from './format/reader.ts'
import { memoryFolders } from './memory-folders.ts'
import { runPaths } from './run-paths.ts'

/** IndexedDB of an earlier page. */
function earlierPage(entries = oldLibrary() as [string, unknown][]) {
  const stored = new Map<IDBValidKey, unknown>(entries)
  const earlier: EarlierRuns = {
    entries: async () => [...stored],
    remove: async (key) => void stored.delete(key),
    alone: (work) => work(),
  }
  return { stored, earlier }
}

async function lossesOf(folders: RunFolders, id: string): Promise<number[]> {
  const reader = await openRunReader(folders.open(id), id)
  const losses: number[] = []
  for await (const event of reader.events()) if (event.type === 'step') losses.push(event.loss)
  return losses
}

const [[key, record]] = oldLibrary()
const id = String(key)

test('a run of an earlier page becomes a folder, with its tables, and leaves IndexedDB', async () => {
  const { stored, earlier } = earlierPage()
  const folders = memoryFolders()
  expect(await moveEarlierRuns(earlier, folders)).toEqual([])
  expect(stored.size).toBe(0)
  const reader = await openRunReader(folders.open(id), id)
  expect(reader.info).toMatchObject({ format: 2, id, name: record.name, origin: 'trained', created: record.time })
  expect(await lossesOf(folders, id)).toHaveLength(6)
  expect(await reader.tables()).toEqual(record.tables)
  expect((await runPaths(folders.open(id))).sort()).toEqual(
    expect.arrayContaining(['config.json', 'environment.json', 'events.jsonl', 'run.json']),
  )
})

test('a record of the first version, with two tables beside the log, keeps them', async () => {
  const { tables, ...rest } = record as { tables: Record<string, string> }
  const { earlier } = earlierPage([[id, { ...rest, ...tables }]])
  const folders = memoryFolders()
  expect(await moveEarlierRuns(earlier, folders)).toEqual([])
  const found = await (await openRunReader(folders.open(id), id)).tables()
  expect(found).toEqual(tables)
})

test('interrupted at any write, it is repeated to the same folder', async () => {
  const whole = memoryFolders()
  await moveEarlierRuns(earlierPage().earlier, whole)
  const paths = await runPaths(whole.open(id))
  for (let failing = 0; failing <= paths.length; failing++) {
    const { stored, earlier } = earlierPage()
    const folders = memoryFolders()
    let writes = 0
    const broken: RunFolders = {
      ...folders,
      edit: (own) => {
        const files = folders.edit(own)
        const replace: typeof files.replace = async (path, data) => {
          if (writes++ === failing) throw new Error('the page was closed')
          await files.replace(path, data)
        }
        return { ...files, replace }
      },
    }
    const problems = await moveEarlierRuns(earlier, broken)
    expect(problems.length, `write ${failing}`).toBe(failing < paths.length ? 1 : 0)
    expect(stored.size).toBe(problems.length)
    expect(await moveEarlierRuns(earlier, folders)).toEqual([])
    expect(stored.size).toBe(0)
    for (const path of paths) {
      const [own, other] = [await folders.open(id).read(path), await whole.open(id).read(path)]
      expect(await own?.text(), path).toBe(await other?.text())
    }
  }
})

test('closed before it left IndexedDB, it keeps the name that the user has given it since', async () => {
  const folders = memoryFolders()
  await moveEarlierRuns(earlierPage().earlier, folders)
  const info = JSON.parse((await (await folders.open(id).read('run.json'))?.text()) ?? '')
  await folders.edit(id).replace('run.json', JSON.stringify({ ...info, name: 'renamed' }))
  const { stored, earlier } = earlierPage()
  expect(await moveEarlierRuns(earlier, folders)).toEqual([])
  expect(stored.size).toBe(0)
  expect((await openRunReader(folders.open(id), id)).info?.name).toBe('renamed')
})

test('what cannot be moved stays, and is reported', async () => {
  const damaged = { ...record, log: new Blob(['no gzip']) }
  const hostile = { ...record, id: '../other' }
  const { stored, earlier } = earlierPage([
    ['damaged', damaged],
    ['hostile', hostile],
    ['text', 'no run'],
    [id, record],
  ])
  const folders = memoryFolders()
  const problems = await moveEarlierRuns(earlier, folders)
  expect(problems).toEqual([
    expect.stringMatching(/earlier version of the lab is damaged/),
    expect.stringMatching(/\(hostile\) cannot be read/),
    expect.stringMatching(/\(text\) cannot be read/),
  ])
  expect([...stored.keys()]).toEqual(['damaged', 'hostile', 'text'])
  expect(await folders.ids()).toEqual([id])
})

test('a browser that refuses to write loses nothing', async () => {
  const { stored, earlier } = earlierPage()
  const folders = memoryFolders()
  const full: RunFolders = {
    ...folders,
    edit: (own) => ({
      ...folders.edit(own),
      replace: async () => {
        throw new Error('the browser’s storage is full')
      },
    }),
  }
  expect(await moveEarlierRuns(earlier, full)).toEqual([expect.stringMatching(/storage is full/)])
  expect(stored.size).toBe(1)
})
