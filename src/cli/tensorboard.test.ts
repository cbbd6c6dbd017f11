import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventLine } from '../runs/files.ts'
import { append, createRun } from '../runs/reduce.ts'
import { runEvents, writeRun, zipOfRun } from '../testing/run-folder.ts'
import { readTfEvents } from '../testing/tfevents.ts'
import { UsageError } from './arguments.ts'
import { tensorboard } from './tensorboard.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-tensorboard-'))
afterAll(() => rmSync(home, { recursive: true }))

const printed: string[] = []
const said: string[] = []
beforeEach(() => {
  printed.length = 0
  said.length = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  return () => vi.restoreAllMocks()
})

let places = 0
const place = () => join(home, String(places++))

function newRun(folder = join(place(), 'a')): string {
  mkdirSync(folder, { recursive: true })
  writeRun(folder)
  return folder
}

const file = 'events.out.tfevents.0.selectivity-lab'
const read = (...path: string[]) => readTfEvents(readFileSync(join(...path, file)))
const written = () => (JSON.parse(printed.join('')) as { runs: { run: string; scalars: number }[] }).runs

async function zipOf(files: Readonly<Record<string, string>>): Promise<string> {
  const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false })
  for (const [name, text] of Object.entries(files)) await zip.add(name, new TextReader(text))
  const path = `${place()}-own.zip`
  writeFileSync(path, Buffer.from(await (await zip.close()).arrayBuffer()))
  return path
}

const log = runEvents().map(eventLine).join('')

describe('tensorboard', () => {
  it('writes the record of a run folder', async () => {
    const out = place()
    expect(await tensorboard([newRun(), '--out', out])).toBe(0)
    const values = read(out, 'a')
    const steps = runEvents().filter((event) => event.type === 'step')
    expect(values.filter(({ tag }) => tag === 'loss/train').map(({ step, value }) => [step, value])).toEqual(
      steps.map(({ step, loss }) => [step, loss]),
    )
    const site = values.filter(({ tag }) => tag === 'selectivity/layer1.0')
    expect(site.map(({ step }) => step)).toEqual([0, 10, 20])
    expect(site[0].value).toMatchObject({ min: 0.1, max: 0.5, num: 2 })
    expect(printed.join('')).toMatch(/a\/events\.out\.tfevents\.0\.selectivity-lab: 207 scalars, 6 histograms/)
    expect(readdirSync(join(out, 'a'))).toEqual([file])
  })

  it('writes a folder for each run of a folder', async () => {
    const [plan, out] = [place(), place()]
    for (const name of ['none/seed-1', 'none/seed-2', 'late/seed-1']) newRun(join(plan, name))
    await tensorboard([plan, '--out', out, '--json'])
    expect(written().map(({ run }) => run)).toEqual(['late/seed-1', 'none/seed-1', 'none/seed-2'])
    expect(read(out, 'late', 'seed-1')).toEqual(read(out, 'none', 'seed-2'))
  })

  it('reads a zip that the page exported, with the same result', async () => {
    const run = createRun('id')
    for (const event of runEvents()) append(run, event)
    const blob = await zipOfRun(run)
    const zip = join(home, 'mine.zip')
    writeFileSync(zip, Buffer.from(await blob.arrayBuffer()))
    const out = place()
    await tensorboard([zip, '--out', out])
    await tensorboard([newRun(), '--out', out])
    expect(readFileSync(join(out, 'mine', file))).toEqual(readFileSync(join(out, 'a', file)))
  })

  it('keeps every run of a zip inside --out', async () => {
    const [around, zip] = [
      place(),
      await zipOf({ '../../up/events.jsonl': log, 'b/seed-1/events.jsonl': log, 'b/x.csv': '' }),
    ]
    await tensorboard([zip, '--out', join(around, 'out')])
    expect(readdirSync(around)).toEqual(['out'])
    expect(readdirSync(join(around, 'out')).sort()).toEqual(['-', 'b'])
  })

  it('says that a record without units has no histograms', async () => {
    const bare = runEvents().map((event) => (event.type === 'probe' ? { ...event, sites: [] } : event))
    const out = place()
    await tensorboard([await zipOf({ 'bare/events.jsonl': bare.map(eventLine).join('') }), '--out', out])
    expect(said.join('')).toMatch(/bare: the record has no selectivity of single units, so there are no histograms/)
    expect(read(out, 'bare').some(({ tag }) => tag === 'selectivity/layer1')).toBe(true)
  })

  it('leaves out an incomplete last line', async () => {
    const out = place()
    await tensorboard([await zipOf({ 'cut/events.jsonl': log + log.slice(0, 50) }), '--out', out, '--json'])
    expect(written()).toMatchObject([{ run: 'cut', scalars: 207 }])
  })
})

describe('tensorboard refuses', () => {
  it('a folder or zip without runs, another file, and a path without anything', async () => {
    const empty = place()
    mkdirSync(empty)
    const text = join(home, 'note.zip')
    writeFileSync(text, 'no zip')
    const cases = [
      [empty, /no runs in /],
      [join(home, 'nothing'), /no such folder or zip: .*nothing/],
      [text, /note\.zip is damaged or not a zip/],
      [await zipOf({ 'readme.txt': '' }), /no runs in .*own\.zip; use a zip from “Export run”/],
    ] as const
    for (const [path, message] of cases) {
      const out = place()
      const answer = tensorboard([path, '--out', out])
      await expect(answer).rejects.toThrow(message)
      await expect(answer).rejects.toThrow(UsageError)
    }
    await expect(tensorboard([newRun()])).rejects.toThrow('missing --out')
  })

  it('a folder that has event files, and changes nothing', async () => {
    const [plan, out] = [place(), place()]
    for (const name of ['first', 'second']) newRun(join(plan, name))
    mkdirSync(join(out, 'second'), { recursive: true })
    const theirs = join(out, 'second', 'events.out.tfevents.1700000000.host')
    writeFileSync(theirs, 'theirs')
    await expect(tensorboard([plan, '--out', out])).rejects.toThrow(
      /second\/events\.out\.tfevents\.1700000000\.host already exists; remove it, or choose another --out/,
    )
    expect(readFileSync(theirs, 'utf8')).toBe('theirs')
    expect(readdirSync(out)).toEqual(['second'])
  })

  it('a damaged log, and leaves nothing of it', async () => {
    const lines = log.split('\n')
    lines[4] = lines[4].slice(5)
    const [run, out] = [newRun(), place()]
    writeFileSync(join(run, 'events.jsonl'), lines.join('\n'))
    await expect(tensorboard([run, '--out', out])).rejects.toThrow(
      /a: line 5 of events\.jsonl is not an event \(it is not JSON\); delete that line/,
    )
    expect(existsSync(out)).toBe(false)
    const zip = await zipOf({ 'good/events.jsonl': log, 'bad/events.jsonl': lines.join('\n'), 'none/events.jsonl': '' })
    await tensorboard([zip, '--out', out, '--json'])
    expect(written().map(({ run: name }) => name)).toEqual(['good'])
    expect(said.join('')).toMatch(/Warning: a run is skipped: bad: line 5/)
    expect(said.join('')).toMatch(/Warning: a run is skipped: none: events\.jsonl has no start event/)
    expect(readdirSync(out)).toEqual(['good'])
    const halved = log.replace('"step":7,', '"step":7.5,')
    await expect(tensorboard([await zipOf({ 'h/events.jsonl': halved }), '--out', place()])).rejects.toThrow(
      'h: invalid step in events.jsonl: 7.5; a step is a whole number',
    )
  })

  it('a log that cannot be read', async () => {
    const run = place()
    mkdirSync(join(run, 'events.jsonl'), { recursive: true })
    await expect(tensorboard([run, '--out', place()])).rejects.toThrow(/has no events\.jsonl, so it is no run/)
  })

  it('a zip whose bytes are damaged', async () => {
    const zip = await zipOf({ 'a/events.jsonl': log })
    const bytes = readFileSync(zip)
    bytes.fill(0xff, 80, 140)
    writeFileSync(zip, bytes)
    await expect(tensorboard([zip, '--out', place()])).rejects.toThrow(
      /a: cannot read events\.jsonl \(a\/events\.jsonl is damaged in the zip/,
    )
  })
})
