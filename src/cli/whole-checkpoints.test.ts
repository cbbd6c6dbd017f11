import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { lineOf } from '../runs/format/log.ts'
import { startEvent } from '../testing/events.ts'
import { readRun } from './run-description.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-whole-'))
afterAll(() => rmSync(home, { recursive: true }))

const said: string[] = []
beforeEach(() => {
  said.length = 0
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  return () => vi.restoreAllMocks()
})

let folders = 0

/** A run with checkpoints of three epochs; `damage` maps an epoch to what its file has instead. */
function runWith(damage: Readonly<Record<number, string>>, hashed = true) {
  const folder = join(home, `run-${folders++}`)
  mkdirSync(join(folder, 'checkpoints'), { recursive: true })
  const events = [0, 1, 2].map((epoch) => {
    const [file, text] = [`epoch-000${epoch}.safetensors`, `weights ${epoch}`]
    writeFileSync(join(folder, 'checkpoints', file), damage[epoch] ?? text)
    const sha256 = createHash('sha256').update(text).digest('hex')
    const own = { type: 'checkpoint', step: 10 * epoch, epoch, time: 0, file, bytes: text.length } as const
    return hashed ? { ...own, sha256 } : own
  })
  writeFileSync(join(folder, 'events.jsonl'), [{ ...startEvent, time: 0 }, ...events].map(lineOf).join(''))
  writeFileSync(join(folder, 'config.json'), '{}')
  writeFileSync(join(folder, 'environment.json'), '{"data": {"classes": [{ "id": "a" }]}}')
  return readRun({ run: folder })
}

const epochs = async (...args: Parameters<typeof wholeCheckpoints>) =>
  (await wholeCheckpoints(...args)).map(({ epoch }) => epoch)

describe('the checkpoints to measure', () => {
  it('are those of the run, without a word', async () => {
    const run = runWith({})
    expect(await epochs(run, {})).toEqual([2])
    expect(await epochs(run, { 'all-checkpoints': true })).toEqual([0, 1, 2])
    expect(said).toEqual([])
  })

  it('leave out damaged ones: the one before the newest is used', async () => {
    const run = runWith({ 2: 'weights 3', 0: 'short' })
    expect(await epochs(run, {})).toEqual([1])
    const newest =
      'Warning: the checkpoint epoch-0002.safetensors is damaged and skipped: its contents have another hash'
    expect(said.join('')).toContain(newest)
    expect(await epochs(run, { 'all-checkpoints': true })).toEqual([1])
    expect(said.join('')).toContain('epoch-0000.safetensors is damaged and skipped: it has 5 bytes instead of 9')
  })

  it('are refused where every chosen one is damaged', async () => {
    const run = runWith({ 1: 'weights x' })
    const path = join(run.folder, 'checkpoints', 'epoch-0001.safetensors')
    await expect(wholeCheckpoints(run, { checkpoint: path })).rejects.toThrow(/no whole checkpoint in/)
  })

  it('of an earlier version are compared by their size', async () => {
    const run = runWith({ 1: 'weights x', 2: 'short' }, false)
    expect(await epochs(run, {})).toEqual([1])
  })

  it('of a folder without a log are measured as they are, with a note', async () => {
    const run = runWith({})
    rmSync(join(run.folder, 'events.jsonl'))
    expect(await epochs(run, {})).toEqual([2])
    expect(said.join('')).toContain('Note: checkpoints are not compared with the log:')
  })
})
