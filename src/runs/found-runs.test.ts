import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import { expect, test } from 'vitest'
import type { RecordedEvent } from '../protocol/run-events.ts'
import { startEvent, stepEvent } from '../testing/events.ts'
import { copyRun, importedInfo } from './add-run.ts'
import { newInfo } from './format/info.ts'
import { findRuns } from './found-runs.ts'
import { memoryFolders } from './memory-folders.ts'
import { runPaths } from './run-paths.ts'

const end: RecordedEvent = { type: 'end', step: 2, epoch: 0.2, reason: 'finished', message: '', advice: '', time: 9 }
const events: RecordedEvent[] = [{ ...startEvent, time: 0 }, stepEvent(1, 1), stepEvent(2, 2), end]
const log = `${events.map((event) => JSON.stringify(event)).join('\n')}\n`

async function zipOf(files: Record<string, string>): Promise<Blob> {
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  for (const [path, text] of Object.entries(files)) await zip.add(path, new BlobReader(new Blob([text])))
  return zip.close()
}

const planFiles = {
  'none/seed-1/events.jsonl': log,
  'none/seed-1/checkpoints/epoch-0001.safetensors': 'weights',
  'none/seed-1/checkpoints/.DS_Store': '',
  'none/seed-1/metrics.csv': 'derived',
  'none/seed-1/notes/private.txt': 'no part of a run',
  'none/seed-10/events.jsonl': log,
  'none/seed-2/events.jsonl': log,
  'none/seed-2/resume/points.json': '{}',
  'plan.json': '{}',
}

const named = (files: Record<string, string>) =>
  Object.entries(files).map(([path, text]) => ({ path, file: new Blob([text]) }))

test('a plan folder and its zip have the same runs, with their own files and no others', async () => {
  const zip = { path: 'plan.zip', file: await zipOf(planFiles) }
  for (const found of [await findRuns(named(planFiles), 'plan'), await findRuns([zip], 'plan.zip')]) {
    expect(found.problems).toEqual([])
    expect(found.runs.map(({ folder }) => folder)).toEqual(['none/seed-1', 'none/seed-2', 'none/seed-10'])
    const paths = await Promise.all(found.runs.map(({ files }) => runPaths(files)))
    expect(paths.map((own) => own.sort())).toEqual([
      ['checkpoints/epoch-0001.safetensors', 'events.jsonl'],
      ['events.jsonl', 'resume/points.json'],
      ['events.jsonl'],
    ])
    const [{ files }] = found.runs
    expect(await (await files.read('events.jsonl'))?.text()).toBe(log)
    for (const other of ['metrics.csv', 'notes/private.txt', '../plan.json', 'checkpoints/../events.jsonl'])
      expect(await files.read(other), other).toBeNull()
  }
})

test('explains the cure for a damaged zip and for a folder without runs', async () => {
  const whole = await zipOf({ 'events.jsonl': log })
  const half = await findRuns([{ path: 'half.zip', file: whole.slice(0, Math.floor(whole.size / 2)) }], 'half.zip')
  expect(half).toMatchObject({
    runs: [],
    problems: [expect.stringMatching(/^half\.zip is damaged or not a zip .*again$/)],
  })
  const none = await findRuns([{ path: 'readme.txt', file: new Blob([]) }], 'texts')
  expect(none.problems).toEqual([expect.stringMatching(/^texts contains no run\. Choose a zip made by “Export run”/)])
})

test('an interrupted copy has no run.json, and the log is the last file before it', async () => {
  const [{ files }] = (await findRuns(named(planFiles), 'plan')).runs
  const written: string[] = []
  const to = memoryFolders().edit('copy')
  const recorded = {
    ...to,
    replace: (path: string, data: Parameters<typeof to.replace>[1]) => {
      written.push(path)
      return to.replace(path, data)
    },
  }
  await copyRun(files, recorded, newInfo({ id: 'copy', created: 1, name: 'copy' }))
  expect(written).toEqual(['checkpoints/epoch-0001.safetensors', 'events.jsonl', 'run.json'])
})

test('an imported run keeps its name, tags and parent, but not its place', () => {
  const own = {
    ...newInfo({ id: 'a', created: 5, name: 'mine' }),
    tags: ['x'],
    note: 'why',
    pinned: true,
    deleted: 7,
    parent: { kind: 'fork', id: 'p', name: 'parent', step: 3, epoch: 0.3, momentum: 'kept' } as const,
  }
  const given = { id: 'b', name: 'config name', created: 9, origin: 'imported' } as const
  expect(importedInfo(own, 'none/seed-1', given)).toEqual({
    ...own,
    id: 'b',
    origin: 'imported',
    pinned: false,
    deleted: null,
  })
  expect(importedInfo(null, 'none/seed-1', given)).toMatchObject({ id: 'b', name: 'none/seed-1', created: 9 })
  expect(importedInfo(null, 'runs', given)).toMatchObject({ name: 'config name' })
})
