import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseConfig } from '../config/config.ts'
import { checkClaims } from '../experiments/claims.ts'
import { compareSeries } from '../experiments/compare.ts'
import { configDifferences, groupRuns } from '../experiments/groups.ts'
import { metricsOf } from '../experiments/metrics.ts'
import { recordOf } from '../experiments/record.ts'
import { messageOf } from '../message.ts'
import type { LoggedEvent, RecordedEvent, StartEvent } from '../protocol/run-events.ts'
import { lineProblem } from '../runs/event-shape.ts'
import { eventLine, metricsRow } from '../runs/files.ts'
import { prepareResume } from '../runs/format/resume.ts'
import { RunError } from '../runs/format/run-error.ts'
import { append, createRun } from '../runs/reduce.ts'
import { measuredTables, tables } from '../runs/tables.ts'
import { withWholeConfig } from '../runs/whole-config.ts'
import { runEvents, runFiles, writeRun } from '../testing/run-folder.ts'
import { isUsage, UsageError } from './arguments.ts'
import { claims } from './claims.ts'
import { compare } from './compare.ts'
import { evaluate } from './evaluate.ts'
import { pack } from './pack.ts'
import { findRun, requireSameRun } from './plan-host.ts'
import { openRun } from './read-run.ts'
import { checkpointsOf, readRun } from './run-description.ts'
import { openFolder, readFolder } from './run-disk.ts'
import { openRunTable } from './run-table.ts'
import { train } from './train.ts'

// In memory where there is such a disk: every command waits for the disk.
const home = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'lab-damaged-'))
afterAll(() => rmSync(home, { recursive: true }))

const said: string[] = []
beforeEach(() => {
  said.length = 0
  const collect = (text: unknown) => said.push(String(text)) > 0
  vi.spyOn(process.stderr, 'write').mockImplementation(collect)
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  return () => vi.restoreAllMocks()
})

let folders = 0
function newRun(changes: Parameters<typeof writeRun>[1] = {}): string {
  const folder = join(home, `run-${folders++}`)
  writeRun(folder, changes)
  return folder
}

/** Resumes a copy of a run, up to where its training begins. */
async function resumed(folder: string) {
  const copy = join(home, `resumed-${folders++}`)
  cpSync(folder, copy, { recursive: true })
  try {
    return await prepareResume(openFolder(copy), folder)
  } finally {
    rmSync(copy, { recursive: true })
  }
}

async function readAllEvents(folder: string): Promise<LoggedEvent[]> {
  const events = []
  for await (const event of (await openRun({ files: readFolder(folder), name: folder })).events()) events.push(event)
  return events
}

/** Everything that reads a run folder before it opens the GPU or a dataset. */
const readers: Readonly<Record<string, (folder: string) => unknown>> = {
  compare: (folder) => compare([folder]),
  claims: (folder) => claims([folder]),
  pack: (folder) => pack([folder, '--out', join(folder, 'run.zip')]),
  'the measuring commands': (folder) => checkpointsOf(readRun({ run: folder })),
  'train --resume': resumed,
  'plan, of a run': findRun,
  'plan, of its configuration': (folder) =>
    requireSameRun(folder, { name: 'a', arm: 'a', seed: 1, config: parseConfig({}) }),
  ...Object.fromEntries(
    measuredTables.map((name) => [
      tables[name].file,
      (folder) => {
        using table = openRunTable(folder, tables[name])
        return table.rows()
      },
    ]),
  ),
}

/** What a program says that did not expect its input. */
const bug = /undefined|null \(reading|is not a function|is not iterable|Invalid array|Cannot read|NaN/

async function readAll(folder: string): Promise<void> {
  for (const [name, read] of Object.entries(readers)) {
    try {
      await read(folder)
    } catch (error) {
      expect(isUsage(error), `${name}: ${error instanceof Error ? error.stack : error}`).toBe(true)
      expect(messageOf(error)).not.toMatch(bug)
    }
  }
  expect(said.filter((text) => bug.test(text))).toEqual([])
}

type Damage = (bytes: Buffer, at: number, bit: number) => Buffer

const damages: Readonly<Record<string, Damage>> = {
  cut: (bytes, at) => bytes.subarray(0, at),
  'with a flipped bit': (bytes, at, bit) => {
    const other = Buffer.from(bytes)
    other[at] ^= 1 << bit
    return other
  },
  'with zeros': (bytes, at) => Buffer.concat([bytes.subarray(0, at), Buffer.alloc(40), bytes.subarray(at + 40)]),
  'with a doubled piece': (bytes, at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 30))]),
}

/** The paths of all values in JSON, its own first. */
const pathsOf = (value: unknown): string[][] =>
  typeof value === 'object' && value !== null
    ? [[], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner).map((path) => [key, ...path]))]
    : [[]]

/** JSON with the value at a path replaced, or removed where the other value is undefined. */
function replaced(value: unknown, path: readonly string[], other: unknown): unknown {
  const copy = structuredClone({ root: value })
  const keys = ['root', ...path]
  const last = keys.pop() ?? ''
  const parent = keys.reduce<object>((node, key) => Reflect.get(node, key), copy)
  if (other === undefined) Reflect.deleteProperty(parent, last)
  else Reflect.set(parent, last, other)
  return copy.root
}

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const files = [...runFiles()].map(([name, content]) => [name, Buffer.from(content)] as const)

describe('a damaged run folder', () => {
  it('as written is read without a word', async () => {
    const folder = newRun()
    for (const [name, read] of Object.entries(readers)) {
      if (name.startsWith('plan, of its')) continue
      await read(folder)
    }
    expect(said.filter((text) => /Warning|skipped/.test(text))).toEqual([])
  })

  it('gives every command a result or a clear message, whichever bytes are damaged', async () => {
    const folder = newRun()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.constantFrom(...Object.keys(damages)),
        place,
        fc.nat(7),
        async ([name, bytes], damage, at, bit) => {
          writeRun(folder, { [name]: damages[damage](bytes, Math.floor(at * bytes.length), bit) })
          await readAll(folder)
        },
      ),
      { numRuns: 40 },
    )
  }, 60_000)

  it('gives every command a result where the recorded configuration lacks its dataset', async () => {
    const folder = newRun()
    const without = (event: RecordedEvent) =>
      event.type === 'start' ? `${JSON.stringify(replaced(event, ['config', 'data'], undefined))}\n` : eventLine(event)
    writeRun(folder, { 'events.jsonl': runEvents().map(without).join('') })
    await readAll(folder)
  })

  it('gives every command a result or a clear message, whichever value in it is another', async () => {
    const folder = newRun()
    const { config, environment } = runEvents()[0] as StartEvent
    // One line of each type; the places in lists of numbers are left to the other test.
    const events = [...new Map(runEvents().map((event) => [event.type, event])).values()]
    const documents = [config, environment, ...events]
    const chosen = fc
      .constantFrom(...documents.keys())
      .chain((i) => fc.tuple(fc.constant(i), fc.constantFrom(...pathsOf(documents[i]))))
    const others = fc.constantFrom<unknown>(undefined, null, 'x', -1, {}, [], [null], true, 1e300)
    await fc.assert(
      fc.asyncProperty(chosen, others, async ([i, path], other) => {
        const document = documents[i]
        const text = JSON.stringify(replaced(document, path, other)) ?? ''
        const lines = runEvents().map((event) => (event.type === events[i - 2]?.type ? `${text}\n` : eventLine(event)))
        if (document === config) writeRun(folder, { 'config.json': text })
        else if (document === environment) writeRun(folder, { 'environment.json': text })
        else writeRun(folder, { 'events.jsonl': lines.join('') })
        await readAll(folder)
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})

describe('an event with another value in it', () => {
  const others = [undefined, null, 'x', -1, {}, [], [null], true, 1e300]

  /** Reads a log as comparisons, claims and the zip do. */
  function compared(events: readonly RecordedEvent[]): void {
    const run = createRun('a')
    for (const event of events) append(run, withWholeConfig(event, 'a'))
    const record = recordOf('a', run)
    const groups = groupRuns([record])
    for (const metric of metricsOf([record])) compareSeries(groups, metric, 'interval')
    configDifferences([record])
    checkClaims([record])
    for (const event of events) {
      eventLine(event)
      metricsRow(event)
    }
  }

  it.each([...new Set(runEvents().map(({ type }) => type))])('is refused, or can be compared (%s)', (type) => {
    const events = runEvents()
    const at = events.findIndex((event) => event.type === type)
    let usable = 0
    for (const path of pathsOf(events[at])) {
      for (const other of others) {
        const event = JSON.parse(JSON.stringify(replaced(events[at], path, other) ?? null))
        if (lineProblem(event) !== null) continue
        try {
          compared(events.with(at, event))
          usable++
        } catch (error) {
          expect(error, `${path.join('.')} is ${JSON.stringify(other)}`).toBeInstanceOf(RunError)
        }
      }
    }
    expect(usable).toBeGreaterThan(0)
  })
})

describe('a log with a damaged line', () => {
  const lines = runEvents().map((event) => eventLine(event))
  const withLine = (number: number, text: string) => lines.with(number - 1, text).join('')
  const inLast = lines.length - 8

  it.each([
    ['half an event', '{"type":"step","step":\n'],
    ['two halves of two writers', '{"type":"st{"type":"step","step":3}\n'],
    ['zeros', '\0\0\0\0\n'],
    ['an event without its step', '{"type":"checkpoint","file":"x","bytes":1,"epoch":1,"time":0}\n'],
    ['another program’s line', 'epoch 3: ok\n'],
  ])('is named, with the cure (%s)', async (_, text) => {
    const folder = newRun({ 'events.jsonl': withLine(9, text) })
    const message = /line 9 of .*events\.jsonl is not an event \(.+\); delete that line/
    await expect(readAllEvents(folder)).rejects.toThrow(message)
    await expect(compare([folder])).rejects.toThrow(/no run that can be compared in /)
    expect(said.join('')).toMatch(message)
    await expect(resumed(folder)).rejects.toThrow(
      /line 9 .* and epoch-0002\.safetensors comes after it; delete that line/,
    )
  })

  it('resumes from the checkpoint before it', async () => {
    const text = withLine(lines.length, '{"type":"en\n') + lines.slice(inLast).join('')
    const { point, measured, messages } = await resumed(newRun({ 'events.jsonl': text }))
    expect([point, measured]).toMatchObject([{ step: 20, epoch: 2, checkpoint: 'epoch-0002.safetensors' }, true])
    expect(messages.join('')).toMatch(/The run goes on from epoch-0002\.safetensors, .* the damage: line \d+/)
  })
})

describe('nothing to compare', () => {
  const folderWith = (files: Readonly<Record<string, string>>) => {
    const folder = join(home, `none-${folders++}`)
    mkdirSync(folder)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }
  const step = eventLine(runEvents()[6])

  it.each([
    ['an empty log', { 'events.jsonl': '' }, /no run that can be compared/],
    ['a log without a start', { 'events.jsonl': step }, /no run that can be compared/],
    ['half a start', { 'events.jsonl': '{"type":"start","con' }, /no run that can be compared/],
    ['no run', { 'notes.txt': '' }, /no runs in/],
  ])('is said plainly, with exit code 2 (%s)', async (_, files, message) => {
    const folder = folderWith(files)
    for (const command of [compare, claims]) {
      const error = await command([folder]).catch((thrown: unknown) => thrown)
      expect(isUsage(error)).toBe(true)
      expect(messageOf(error)).toMatch(message)
    }
    expect(readdirSync(folder)).toEqual(Object.keys(files))
    await expect(pack([folder, '--out', join(home, 'x.zip')])).rejects.toThrow(UsageError)
  })

  it('is said of a file, and of a single arm', async () => {
    const folder = newRun()
    await expect(compare([join(folder, 'config.json')])).rejects.toThrow(/config\.json is a file; name the run folder/)
    await expect(compare([folder, '--reference', 'none'])).rejects.toThrow(/needs two arms: the only arm is baseline/)
    expect(await compare([folder])).toBe(0)
    expect(said.join('')).toMatch(/Note: the only arm is baseline, of 1 run, so there is no other/)
  })

  it('leaves out a damaged run among others', async () => {
    const folder = join(home, `plan-${folders++}`)
    for (const [name, changes] of [
      ['a/seed-1', {}],
      ['b/seed-1', { 'events.jsonl': '' }],
    ] as const) {
      writeRun(join(folder, name), changes)
    }
    expect(await compare([folder])).toBe(0)
    expect(said.join('')).toMatch(/Warning: .*seed-1 is skipped: events\.jsonl has no start event/)
  })
})

describe('commands on a folder that is no run', () => {
  it.each([
    ['train --resume', () => train(['--resume', '--out', home]), /no run to resume in .*: it has no events\.jsonl/],
    ['evaluate', () => evaluate(['--run', home]), /is not a run folder: it has no config\.json/],
    ['evaluate', () => evaluate(['--run', join(home, 'nowhere')]), /is not a run folder/],
  ])('refuse it: %s', async (_, command, message) => {
    await expect(command()).rejects.toThrow(message)
  })

  it('refuse momentum that names no checkpoint', async () => {
    const weights = runFiles().get('checkpoints/epoch-0001.safetensors') ?? ''
    const folder = newRun({ 'resume/momentum.safetensors': weights })
    await expect(resumed(folder)).rejects.toThrow(/cannot use resume\/momentum\.safetensors: it does not name its step/)
    await expect(train(['--resume', '--out', folder])).rejects.toThrow(/it does not name its step/)
    expect(readFileSync(join(folder, 'resume', 'momentum.safetensors'))).toEqual(Buffer.from(weights))
  })
})
