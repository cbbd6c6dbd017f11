/** Reads runs that an earlier version wrote. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { moveEarlierRuns } from '../runs/earlier-runs.ts'
import type { EarlierRuns } from '../runs/earlier-store.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { prepareResume } from '../runs/format/resume.ts'
import { findRuns } from '../runs/found-runs.ts'
import { loadRun } from '../runs/load-run.ts'
import { memoryFolders } from '../runs/memory-folders.ts'
import type { Run } from '../runs/reduce.ts'
import { createTable, measuredTables, tables } from '../runs/tables.ts'
import { copyOldRun, oldBlob, oldLibrary, oldPath } from '../testing/old-runs.ts'
import { openFolder } from './run-disk.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-old-runs-'))
afterAll(() => rmSync(home, { recursive: true }))

const read = async (files: RunFiles, name: string): Promise<Run> =>
  (await loadRun(await openRunReader(files, name), name)).run

const lossesOf = ({ events }: Run): number[] => events.flatMap((event) => (event.type === 'step' ? [event.loss] : []))

/** The losses of the training rows in a metrics.csv. */
const metricsLosses = (folder: string): number[] =>
  readFileSync(oldPath(`${folder}/metrics.csv`), 'utf8')
    .split('\n')
    .map((row) => row.split(','))
    .flatMap(([, , split, loss]) => (split === 'train' ? [Number(loss)] : []))

it('imports a packed zip of two runs, with the measurement tables', async () => {
  const { runs, problems } = await findRuns([{ path: 'pack.zip', file: oldBlob('pack.zip') }], 'pack.zip')
  expect(problems).toEqual([])
  expect(runs).toHaveLength(2)
  const [finished, interrupted] = await Promise.all(runs.map(({ files, folder }) => read(files, folder)))
  expect(lossesOf(finished)).toEqual(metricsLosses('finished'))
  expect(lossesOf(finished)).toHaveLength(6)
  expect(lossesOf(interrupted)).toEqual(metricsLosses('finished').slice(0, 4))
  for (const name of measuredTables) {
    const text = readFileSync(oldPath(`finished/${tables[name].file}`), 'utf8')
    const reader = await openRunReader(runs[0].files, 'finished')
    expect((await reader.tables())[name], name).toBe(createTable(tables[name], text).text())
  }
})

async function pageExport() {
  const zip = { path: 'page-export.zip', file: oldBlob('page-export.zip') }
  const { runs, problems } = await findRuns([zip], 'page-export.zip')
  return { run: await read(runs[0].files, 'page'), problems }
}

it('imports an exported run of the page, with its held α', async () => {
  const { run, problems } = await pageExport()
  expect(problems).toEqual([])
  const steps = run.events.filter((event) => event.type === 'step')
  expect(steps.map(({ held }) => held)).toEqual(Array(6).fill(true))
  expect(run.checkpoints.map(({ file }) => file)).toEqual([0, 1, 2].map((epoch) => `epoch-000${epoch}.safetensors`))
})

it('reads what the page stored in its library', async () => {
  const [[key, value]] = oldLibrary()
  expect(key).toBe(value.id)
  const folders = memoryFolders()
  const earlier: EarlierRuns = {
    entries: async () => [[key, value]],
    remove: async () => {},
    alone: (work) => work(),
  }
  expect(await moveEarlierRuns(earlier, folders)).toEqual([])
  const run = await read(folders.open(key), key)
  expect(lossesOf(run)).toEqual(lossesOf((await pageExport()).run))
})

it('resumes an interrupted folder, with an incomplete last line, in the present format', async () => {
  const folder = join(home, 'interrupted')
  copyOldRun('interrupted', folder)
  expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).not.toMatch(/\n$/)
  const files = openFolder(folder)
  const { point, measured, controls } = await prepareResume(files, 'old')
  expect([point, measured]).toMatchObject([{ step: 3, epoch: 1, batch: 0 }, true])
  expect(controls.map(({ step }) => step)).toEqual([4])
  const run = await openRunReader(files, 'old')
  const events = []
  for await (const event of run.events()) events.push(event)
  expect(events.filter(({ type }) => type === 'step')).toHaveLength(3)
  const places = events.flatMap((event) => (event.type === 'probe' ? [event.units?.kind] : []))
  expect(new Set(places)).toEqual(new Set(['record']))
})
