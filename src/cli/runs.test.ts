import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import type { RunInfo } from '../protocol/run-record.ts'
import { eventLine } from '../runs/files.ts'
import { zippedRuns } from '../runs/format/zip-files.ts'
import { runEvents, writeRun } from '../testing/run-folder.ts'
import { lockFolder } from './lock.ts'
import { pack } from './pack.ts'
import type { RunSummary } from './run-summary.ts'
import { runs } from './runs.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-runs-'))
afterAll(() => rmSync(home, { recursive: true }))

const [printed, said]: string[][] = [[], []]
beforeEach(() => {
  printed.length = 0
  said.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  return () => vi.restoreAllMocks()
})

const listed = async (...args: string[]): Promise<RunSummary[]> => {
  printed.length = 0
  expect(await runs([...args, '--json'])).toBe(0)
  return JSON.parse(printed.join('')).runs
}

const info: RunInfo = {
  format: 2,
  id: 'b',
  created: Date.UTC(2026, 0, 2, 3, 4),
  origin: 'trained',
  name: 'with −α',
  tags: ['good', 'late'],
  note: '',
  pinned: true,
  parent: { kind: 'fork', id: 'a', name: 'first', step: 15, epoch: 1.5, momentum: 'kept' },
  deleted: null,
}

it('lists runs of both formats with their state, numbers, parent and tags', async () => {
  const folder = join(home, 'all')
  writeRun(join(folder, 'first'))
  const half = runEvents().slice(0, 12)
  writeRun(join(folder, 'second'), { 'run.json': JSON.stringify(info), 'events.jsonl': half.map(eventLine).join('') })
  const [second, first] = await listed(folder)
  expect(first).toMatchObject({
    name: 'first',
    state: 'finished',
    epoch: 2,
    epochs: 2,
    top1: 0.5,
    selectivity: 0.5,
    floor: 0.25,
  })
  expect(first).toMatchObject({ model: 'ResNet-50', data: 'cifar10', classes: 3, schedule: [], parent: null, tags: [] })
  expect(first.bytes).toBeGreaterThan(1000)
  expect(second).toMatchObject({
    name: 'second',
    title: 'with −α',
    state: 'interrupted',
    date: info.created,
    parent: info.parent,
  })
  {
    using _ = lockFolder(join(folder, 'second'))
    expect((await listed(folder))[0].state).toBe('training')
  }
  printed.length = 0
  await runs([folder])
  const [header, pinned, other] = printed.join('').split('\n')
  expect(header).toMatch(/^name +state +data +model +α +epochs +top1 +SI +date +size +parent +tags$/)
  expect(pinned).toMatch(
    /^\* second \(with −α\) +interrupted .* 0\.6\/2 .* 2026-01-02 03:04 .* first@1\.5 +good, late$/,
  )
  expect(other).toMatch(/^first .* finished +cifar10, 3 classes +ResNet-50 +none +2 +50\.00 % +0\.500 \(0\.250\)/)
})

it('sorts, and leaves out a damaged run with a warning', async () => {
  const folder = join(home, 'sorted')
  for (const [name, count] of [
    ['a', 3],
    ['b', 30],
    ['c', 12],
  ] as const)
    writeRun(join(folder, name), { 'events.jsonl': runEvents().slice(0, count).map(eventLine).join('') })
  writeRun(join(folder, 'bad'), { 'events.jsonl': '{}\n' })
  expect((await listed(folder, '--sort', 'epochs')).map(({ name }) => name)).toEqual(['b', 'c', 'a'])
  expect(said.join('')).toMatch(/Warning: .*bad is skipped/)
  await expect(runs([folder, '--sort', 'color'])).rejects.toThrow(/unknown column: color \(have name, state, /)
})

it('lists the runs of a zip', async () => {
  const folder = join(home, 'plan')
  writeRun(join(folder, 'none', 'seed-1'))
  const zip = join(home, 'plan.zip')
  await pack([folder, '--out', zip])
  expect(await listed(zip)).toMatchObject([{ name: 'none/seed-1', state: 'finished', date: null }])
  writeFileSync(zip, 'x')
  await expect(runs([zip])).rejects.toThrow(/damaged or not a zip/)
})

it('packs finished runs alone, with the units of those that are named', async () => {
  const folder = join(home, 'arms')
  writeRun(join(folder, 'none', 'seed-1'))
  writeRun(join(folder, 'none', 'seed-2'))
  writeRun(join(folder, 'late', 'seed-1'), { 'events.jsonl': runEvents().slice(0, 3).map(eventLine).join('') })
  const zip = join(home, 'arms.zip')
  await pack([folder, '--finished', '--units-of', 'none/seed-2', '--out', zip])
  const found = await zippedRuns(new Blob([readFileSync(zip)]))
  const logs = await Promise.all(found.map(async ({ files }) => (await files.read('events.jsonl'))?.text()))
  const units = logs.map((log) => log?.includes('"selectivity":['))
  expect(found.map(({ place }, i) => [place, units[i]])).toEqual([
    ['none/seed-1', false],
    ['none/seed-2', true],
  ])
  await expect(pack([folder, '--units-of', 'seed-2', '--out', zip])).rejects.toThrow(
    /no such run: seed-2 \(have late\/seed-1, none\/seed-1, none\/seed-2\)/,
  )
  await expect(pack([join(folder, 'late'), '--finished', '--out', zip])).rejects.toThrow(
    /none of these runs has finished/,
  )
})
