import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { messageOf } from '../message.ts'
import { selectivityRows } from '../runs/files.ts'
import { append, createRun } from '../runs/reduce.ts'
import { runEvents, writeRun, zipOfRun } from '../testing/run-folder.ts'
import { toyTrain } from '../testing/toy-trainer.ts'
import { isUsage } from './arguments.ts'
import { pack } from './pack.ts'
import { parquet } from './parquet.ts'
import { openFolder } from './run-disk.ts'

const home = mkdtempSync(join(tmpdir(), 'lab-parquet-'))
afterAll(() => rmSync(home, { recursive: true }))

const printed: string[] = []
beforeEach(() => {
  printed.length = 0
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  return () => vi.restoreAllMocks()
})

let folders = 0
const newFolder = () => join(home, `${folders++}`)

function newRun(changes: Parameters<typeof writeRun>[1] = {}): string {
  const folder = newFolder()
  writeRun(folder, changes)
  return folder
}

async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const bytes = readFileSync(path)
  const rows = await parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) })
  return rows
}

/** The rows as lines of selectivity.csv. */
const asLines = (rows: readonly Record<string, unknown>[]) =>
  rows
    .map(
      ({ run, ...row }) =>
        `${Object.values(row).map((value) => (typeof value === 'boolean' ? Number(value) : value))}\n`,
    )
    .join('')

const expected = runEvents()
  .map((event) => (event.type === 'probe' ? selectivityRows(event) : ''))
  .join('')

const all = ['ablation-curves.parquet', 'ablation-units.parquet', 'linearity.parquet', 'selectivity.parquet']

async function exportedZip(): Promise<string> {
  const run = createRun('id')
  for (const event of runEvents()) append(run, event)
  const blob = await zipOfRun(run)
  const path = `${newFolder()}.zip`
  writeFileSync(path, new Uint8Array(await blob.arrayBuffer()))
  return path
}

it('writes the units and the tables of a run folder', async () => {
  const out = newFolder()
  expect(await parquet([newRun(), '--out', out, '--json'])).toBe(0)
  expect(readdirSync(out).sort()).toEqual(all)
  const rows = await readParquet(join(out, 'selectivity.parquet'))
  expect(asLines(rows)).toBe(expected)
  expect(rows[0]).not.toHaveProperty('run')
  const { files } = JSON.parse(printed.join(''))
  expect(files[0]).toEqual({
    file: join(out, 'selectivity.parquet'),
    rows: rows.length,
    bytes: readFileSync(join(out, 'selectivity.parquet')).length,
  })
})

it('writes the units of a run whose log has them beside it, also from a zip of the whole folder', async () => {
  const folder = newFolder()
  await toyTrain(openFolder(folder), { control: () => ({ held: false, alpha: 0 }) })
  const rows = readFileSync(join(folder, 'selectivity.csv'), 'utf8').split('\n').slice(1).join('\n')
  const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false })
  for (const file of ['events.jsonl', 'units.bin', 'run.json'])
    await zip.add(file, new BlobReader(new Blob([readFileSync(join(folder, file))])))
  writeFileSync(`${folder}.zip`, new Uint8Array(await (await zip.close()).arrayBuffer()))
  for (const path of [folder, `${folder}.zip`]) {
    const out = newFolder()
    expect(await parquet([path, '--out', out])).toBe(0)
    expect(asLines(await readParquet(join(out, 'selectivity.parquet')))).toBe(rows)
  }
  const bare = `${newFolder()}.zip`
  expect(await pack([folder, '--out', bare])).toBe(0)
  await expect(parquet([bare, '--out', newFolder()])).rejects.toThrow(/nothing to write/)
})

it('writes the units of a zip that the page exported', async () => {
  const out = newFolder()
  expect(await parquet([await exportedZip(), '--out', out])).toBe(0)
  expect(asLines(await readParquet(join(out, 'selectivity.parquet')))).toBe(expected)
})

it('adds the name of each run of a folder and of several paths', async () => {
  const plan = newFolder()
  for (const name of ['none/seed-2', 'none/seed-10']) writeRun(join(plan, name))
  const out = newFolder()
  await parquet([plan, '--out', out])
  const runs = async () => [...new Set((await readParquet(join(out, 'selectivity.parquet'))).map(({ run }) => run))]
  expect(await runs()).toEqual(['none/seed-2', 'none/seed-10'])
  const curves = await readParquet(join(out, 'ablation-curves.parquet'))
  expect(new Set(curves.map(({ run }) => run))).toEqual(new Set(['none/seed-2', 'none/seed-10']))
  const zip = await exportedZip()
  await parquet([plan, zip, '--out', out])
  const [number, other] = [plan, zip].map((path) => path.replace(/.*[/\\]/, '').replace('.zip', ''))
  expect(await runs()).toEqual([`${number}/none/seed-2`, `${number}/none/seed-10`, other])
})

it('refuses two runs of one name', async () => {
  const paths = ['a', 'b'].map((name) => join(newFolder(), name, 'run'))
  for (const path of paths) writeRun(path)
  await expect(parquet([...paths, '--out', newFolder()])).rejects.toThrow(/two runs have the name run/)
})

it('writes the tables of a zip of pack, which has no units', async () => {
  const zip = `${newFolder()}.zip`
  await pack([newRun(), '--out', zip])
  const out = newFolder()
  expect(await parquet([zip, '--out', out])).toBe(0)
  expect(readdirSync(out).sort()).toEqual(all.filter((name) => name !== 'selectivity.parquet'))
})

it('leaves an earlier file as it was when the log is damaged', async () => {
  const lines = runEvents().map((event) => JSON.stringify(event))
  const folder = newRun({ 'events.jsonl': `${[...lines.slice(0, 20), '{"type"', ...lines.slice(20)].join('\n')}\n` })
  const path = join(folder, 'selectivity.parquet')
  writeFileSync(path, 'before')
  await expect(parquet([folder, '--out', folder])).rejects.toThrow(/line 21 of .*events.jsonl is not an event/)
  expect(readFileSync(path, 'utf8')).toBe('before')
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
})

it.each([0.2, 0.5, 0.8])('names a zip with a damaged byte at %f of its length, or reads every value', async (share) => {
  const zip = await exportedZip()
  const bytes = readFileSync(zip)
  bytes[Math.floor(share * bytes.length)] ^= 0xff
  writeFileSync(zip, bytes)
  const out = newFolder()
  const code = await parquet([zip, '--out', out]).catch((error: Error) => error)
  if (code === 0) expect(asLines(await readParquet(join(out, 'selectivity.parquet')))).toBe(expected)
  else expect([isUsage(code), messageOf(code)]).toEqual([true, expect.stringContaining(basename(zip, '.zip'))])
})

it('names a damaged byte in the log of a zip', async () => {
  const zip = await exportedZip()
  const bytes = readFileSync(zip)
  const name = bytes.indexOf('events.jsonl')
  bytes[name + 400] ^= 0xff
  writeFileSync(zip, bytes)
  await expect(parquet([zip, '--out', newFolder()])).rejects.toThrow(/events.jsonl/)
})

it.each([
  ['no argument', () => ['--out', newFolder()], /missing argument/],
  ['no output', () => [newRun()], /missing --out/],
  [
    'a folder without runs',
    () => [mkdirSync(newFolder(), { recursive: true }) ?? home, '--out', newFolder()],
    /no runs in/,
  ],
  ['a zip that is none', () => [zipOf('text'), '--out', newFolder()], /damaged or not a zip/],
  ['a run without units and tables', () => [bareRun(), '--out', newFolder()], /nothing to write/],
])('refuses %s', async (_, args, message) => {
  await expect(parquet(args())).rejects.toThrow(message)
})

function zipOf(text: string): string {
  const path = `${newFolder()}.zip`
  writeFileSync(path, text)
  return path
}

function bareRun(): string {
  const folder = newFolder()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'events.jsonl'), `${JSON.stringify(runEvents()[0])}\n`)
  expect(existsSync(folder)).toBe(true)
  return folder
}
