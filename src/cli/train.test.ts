/** What `train` refuses before it reads images or opens a GPU. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryFiles } from '../testing/memory-files.ts'
import { writeRun } from '../testing/run-folder.ts'
import { toyTrain } from '../testing/toy-trainer.ts'
import { isUsage } from './arguments.ts'
import { parseFork } from './fork.ts'
import { findRun } from './plan-host.ts'
import { openFolder } from './run-disk.ts'
import { train } from './train.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-train-'))
afterAll(() => rmSync(home, { recursive: true }))
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  return () => vi.restoreAllMocks()
})

let folders = 0
const newFolder = () => join(home, `run-${folders++}`)

/** A folder with a run of two epochs that can resume. */
async function newRun(): Promise<string> {
  const path = newFolder()
  await toyTrain(openFolder(path), { control: () => ({ held: false, alpha: 0 }) })
  return path
}

async function refusal(...args: string[]): Promise<string> {
  const error: unknown = await train(args).catch((thrown: unknown) => thrown)
  expect(isUsage(error), String(error)).toBe(true)
  return error instanceof Error ? error.message : ''
}

const events = (path: string) => readFileSync(join(path, 'events.jsonl'), 'utf8')

describe('a run with damaged files', () => {
  it('does not go on with other settings than it has trained with', async () => {
    const path = await newRun()
    const config = join(path, 'config.json')
    const own = JSON.parse(readFileSync(config, 'utf8'))
    writeFileSync(config, JSON.stringify({ ...own, seed: own.seed + 4 }))
    expect(await refusal('--resume', '--out', path)).toMatch(
      /config\.json has seed = \d+, but the run trained with \d+; delete that file to go on with the recorded settings/,
    )
    writeFileSync(config, JSON.stringify({ ...own, data: { ...own.data, source: 'elsewhere' } }))
    expect(await refusal('--resume', '--out', path)).toContain('no such data source')
    writeFileSync(config, '{"name":')
    expect(await refusal('--resume', '--out', path)).toMatch(/is not JSON.*; delete that file to go on/)
    rmSync(config)
    expect(await refusal('--resume', '--out', path, '--data', 'elsewhere')).toContain('no such data source')
  })

  it('keeps its checkpoints where it has no state', async () => {
    const path = await newRun()
    rmSync(join(path, 'resume'), { recursive: true })
    const cure = `begin a new run from its newest checkpoint with --fork ${path}`
    expect(await refusal('--resume', '--out', path)).toContain(cure)
    expect(await refusal('--preset', 'small', '--out', path)).toContain(cure)
    writeFileSync(join(path, 'events.jsonl'), events(path).replace(/.*"type":"end".*\n/, ''))
    await expect(findRun(path)).rejects.toThrow(
      /has checkpoints, but no state to resume from; restore its folder resume/,
    )
  })
})

describe('a folder that has a run', () => {
  it('is refused for a new one before the dataset is opened, with the cure', async () => {
    const path = await newRun()
    const before = events(path)
    const fresh = ['--preset', 'small', '--set', `data.source=${join(home, 'nowhere')}`, '--out', path]
    expect(await refusal(...fresh)).toContain('already contains a run; choose another --out, or add --resume')
    expect(await refusal('--fork', await newRun(), '--out', path)).toContain('already contains a run')
    for (const inner of ['resume', 'checkpoints']) rmSync(join(path, inner), { recursive: true })
    expect(await refusal(...fresh)).toContain('or remove it, for it ended before its first checkpoint')
    expect(events(path)).toBe(before)
  })

  it('is not extended to fewer epochs than it has trained', async () => {
    const path = await newRun()
    const before = events(path)
    expect(await refusal('--resume', '--out', path, '--set', 'train.epochs=1')).toBe(
      'invalid train.epochs: 1 (the run has trained 2; choose at least 2)',
    )
    expect(events(path)).toBe(before)
  })

  it('cannot resume without a state, or with other settings', async () => {
    const path = newFolder()
    writeRun(path)
    for (const inner of ['resume', 'checkpoints']) rmSync(join(path, inner), { recursive: true })
    expect(await refusal('--resume', '--out', path)).toContain('has no state to resume from; train into a new folder')
    for (const setting of ['seed=2', 'train.activations=f16']) {
      expect(await refusal('--resume', '--out', path, '--set', setting)).toContain(
        `--set ${setting} does not go with --resume`,
      )
    }
  })
})

describe('the ways to train', () => {
  it.each([
    [['--resume', '--fork', 'x'], '--fork does not go with --resume'],
    [['--repeat', 'x', '--set', 'seed=1'], '--set does not go with --repeat: a repetition has the configuration'],
    [['--fork', 'x', '--preset', 'small'], '--preset does not go with --fork: a fork begins with the configuration'],
    [['--preset', 'small', '--json'], '--json goes only with --repeat'],
    [['--preset', 'small', '--data', 'x'], '--data goes only with --resume, --fork and --repeat'],
    [['--fork', 'nowhere@2'], 'no such folder or zip: nowhere'],
    [['--repeat', 'nowhere'], 'no such folder or zip: nowhere'],
  ])('exclude each other (%j)', async (args, message) => {
    expect(await refusal(...args, '--out', join(home, 'never'))).toContain(message)
  })
})

describe('a fork', () => {
  it('names a run, and perhaps an epoch or a step', () => {
    const odd = join(home, 'odd@2')
    mkdirSync(odd)
    expect(parseFork(`${home}@3`)).toEqual({ path: home, place: { kind: 'epoch', epoch: 3 } })
    expect(parseFork(`${home}@1.5`)).toEqual({ path: home, place: { kind: 'epoch', epoch: 1.5 } })
    expect(parseFork(`${odd}@step:12`)).toEqual({ path: odd, place: { kind: 'step', step: 12 } })
    expect(parseFork(odd)).toEqual({ path: odd, place: { kind: 'newest' } })
    expect(() => parseFork(`${home}@last`)).toThrow(/invalid --fork: .*@last \(write RUN, RUN@EPOCH/)
  })

  it('is refused where its run has no such state, and for settings that it keeps', async () => {
    const [path, out] = [await newRun(), join(home, 'never')]
    const fork = (place: string, ...args: string[]) => refusal('--fork', `${path}${place}`, '--out', out, ...args)
    expect(await fork('@7')).toMatch(/has no state after step 21 to fork from; it has step/)
    expect(await fork('@1', '--set', 'seed=9', '--set', 'train.epochs=5')).toMatch(/a fork keeps seed of its run \(1\)/)
    expect(await fork('@2', '--set', 'train.epochs=2')).toMatch(/invalid train.epochs: 2; the fork begins at epoch 2/)
    expect(await fork('@step:1')).toMatch(/has no state after step 1 to fork from/)
  })
})

it('a run that went on with other images is not repeated', async () => {
  const files = memoryFiles()
  await toyTrain(files, { control: () => ({ held: false, alpha: 0 }) })
  const path = newFolder()
  mkdirSync(path)
  const name = { source: 'a', fingerprint: 'a', contents: 'a' }
  const change = { type: 'data', change: 'changed', step: 0, epoch: 0, time: 0, from: name, to: name, what: 'one less' }
  const log = new TextDecoder().decode(files.contents.get('events.jsonl'))
  writeFileSync(join(path, 'events.jsonl'), `${log}${JSON.stringify(change)}\n`)
  expect(await refusal('--repeat', path, '--out', join(home, 'never'))).toMatch(
    /cannot be repeated: The run went on with other images of a .*: one less\./,
  )
})
