/** Reads runs that an earlier version wrote. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { importZip } from '../runs/import.ts'
import { type StoredRun, unpackRun } from '../runs/library.ts'
import type { Run } from '../runs/reduce.ts'
import { createTable, measuredTables, tables } from '../runs/tables.ts'
import { copyOldRun, oldBlob, oldLibrary, oldPath } from '../testing/old-runs.ts'
import { readResume } from './resume.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-old-runs-'))
afterAll(() => rmSync(home, { recursive: true }))

const lossesOf = ({ events }: Run): number[] => events.flatMap((event) => (event.type === 'step' ? [event.loss] : []))

/** The losses of the training rows in a metrics.csv. */
const metricsLosses = (folder: string): number[] =>
  readFileSync(oldPath(`${folder}/metrics.csv`), 'utf8')
    .split('\n')
    .map((row) => row.split(','))
    .flatMap(([, , split, loss]) => (split === 'train' ? [Number(loss)] : []))

it('imports a packed zip of two runs, with the measurement tables', async () => {
  const { runs, problems } = await importZip(oldBlob('pack.zip'), 'pack.zip')
  expect(problems).toEqual([])
  expect(runs).toHaveLength(2)
  const [finished, interrupted] = await Promise.all(runs.map(unpackRun))
  expect(lossesOf(finished)).toEqual(metricsLosses('finished'))
  expect(lossesOf(finished)).toHaveLength(6)
  expect(lossesOf(interrupted)).toEqual(metricsLosses('finished').slice(0, 4))
  for (const name of measuredTables) {
    const text = readFileSync(oldPath(`finished/${tables[name].file}`), 'utf8')
    expect(runs[0].tables[name], name).toBe(createTable(tables[name], text).text())
  }
})

it('imports an exported run of the page, with its held α', async () => {
  const { runs, problems } = await importZip(oldBlob('page-export.zip'), 'page-export.zip')
  expect(problems).toEqual([])
  const run = await unpackRun(runs[0])
  const steps = run.events.filter((event) => event.type === 'step')
  expect(steps.map(({ held }) => held)).toEqual(Array(6).fill(true))
  expect(run.checkpoints.map(({ file }) => file)).toEqual([0, 1, 2].map((epoch) => `epoch-000${epoch}.safetensors`))
})

it('reads what the page stored in its library', async () => {
  const [[key, value]] = oldLibrary()
  const run = await unpackRun(value as unknown as StoredRun)
  expect(key).toBe(value.id)
  const [imported] = (await importZip(oldBlob('page-export.zip'), 'page-export.zip')).runs
  expect(lossesOf(run)).toEqual(lossesOf(await unpackRun(imported)))
})

it('finds the resume point of an interrupted folder, with an incomplete last line', () => {
  const folder = join(home, 'interrupted')
  copyOldRun('interrupted', folder)
  expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).not.toMatch(/\n$/)
  const { recorded, resume } = readResume(folder)
  expect(resume).toMatchObject({ step: 3, epoch: 1, measured: true })
  expect(recorded.filter(({ type }) => type === 'step')).toHaveLength(3)
})
