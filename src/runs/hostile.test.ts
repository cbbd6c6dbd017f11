/** Damaged and hostile logs, tables and zips of runs: a correct value or a clear error, never a wrong number. */
import { BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { damagedBytes, hostileJson, readOrRefused } from '../testing/hostile.ts'
import { measuredRun } from '../testing/measured-run.ts'
import { runEvents, runFiles, zipOfRun } from '../testing/run-folder.ts'
import { eventLine, metricsRow } from './files.ts'
import type { RunFiles } from './format/files.ts'
import { lineOf, readLines, unitsOfLine } from './format/log.ts'
import { openRunReader } from './format/reader.ts'
import { RunError } from './format/run-error.ts'
import { findRuns } from './found-runs.ts'
import { loadRun } from './load-run.ts'
import { measuredTexts } from './measured.ts'
import { changedFiles } from './memory-folders.ts'
import type { GrowingRun } from './reduce.ts'
import { createTable, measuredTables, tables } from './tables.ts'

/** The run of a folder; a damaged line is an error. */
async function read(files: RunFiles): Promise<GrowingRun> {
  const { run, problems } = await loadRun(await openRunReader(files, 'a'), 'a')
  if (problems.length > 0) throw new RunError(problems.join())
  return run
}

/** The run of a log. */
async function readLog(log: string | Uint8Array<ArrayBuffer>) {
  const files = changedFiles()
  await files.replace('events.jsonl', log)
  return read(files)
}

const zipRuns = (file: Blob) => findRuns([{ path: 'a.zip', file }], 'a.zip')

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer())

describe('an event of a log', () => {
  const events = [...new Map(runEvents().map((event) => [event.type, event])).values()]

  async function read(text: string): Promise<LoggedEvent[]> {
    const found = []
    for await (const { event } of readLines(new Blob([text]).stream(), 'events.jsonl')) found.push(event)
    return found
  }

  /** The event as JSON, with the units that its line has. */
  const written = (event: LoggedEvent, line: string): string => {
    if (event.type !== 'probe' || 'units' in JSON.parse(line)) return lineOf(event)
    // A line of format 1 has the units in its sites, or no sites where they were not kept.
    if (event.units !== null) return JSON.stringify(unitsOfLine(new TextEncoder().encode(line)))
    const { units: _, ...probe } = event
    return JSON.stringify(probe)
  }

  it('with a hostile value is read as it is, or refused', async () => {
    const lines = fc.constantFrom(...events).chain(hostileJson)
    let [kept, refused] = [0, 0]
    const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
    await fc.assert(
      fc.asyncProperty(lines, async (line) => {
        const found = await readOrRefused(() => read(`${line}\n`), [RangeError])
        if (found === null) refused++
        else {
          kept++
          // JSON.parse makes numbers of text; no later step may make other ones.
          expect(found.map((event) => JSON.parse(written(event, line)))).toEqual(
            line === '' ? [] : [asJson(JSON.parse(line))],
          )
          for (const event of found) if (event.type !== 'probe') metricsRow(event)
        }
      }),
      { numRuns: 400 },
    )
    expect([kept > 20, refused > 100]).toEqual([true, true])
  })

  /** The values of a text's lines as JSON; none for a line that is no JSON. */
  const valuesOf = (text: string): ReadonlySet<string> =>
    new Set(
      text.split('\n').flatMap((line) => {
        try {
          return [`${JSON.stringify(JSON.parse(line))}\n`]
        } catch {
          return []
        }
      }),
    )

  it('in a damaged log is what its line says, and one of the run where lines are whole, or the log is refused', async () => {
    const text = runEvents().map(eventLine).join('')
    const known = new Set(runEvents().map(eventLine))
    // Damage within a line may leave JSON with another digit or key, which JSON cannot tell.
    const mayAlter = (how: string) => /^with a flipped|^without|^with a doubled/.test(how)
    await fc.assert(
      fc.asyncProperty(damagedBytes(new TextEncoder().encode(text)), async ({ how, bytes }) => {
        const run = await readOrRefused(() => readLog(bytes as Uint8Array<ArrayBuffer>), [RunError])
        if (run === null) return
        const lines = valuesOf(new TextDecoder().decode(bytes))
        const own = run.events.flatMap((event) =>
          event.type === 'start' || event.type === 'probe' ? [] : [eventLine(event)],
        )
        expect(
          own.filter((event) => !lines.has(event)),
          how,
        ).toEqual([])
        if (!mayAlter(how))
          expect(
            own.filter((event) => !known.has(event)),
            how,
          ).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('a table of measurements', () => {
  const texts = measuredTexts(measuredRun().measured)
  const written = measuredTables.flatMap((name) => (texts[name] ? [[name, texts[name]] as const] : []))

  it.each(written)('that is damaged has the rows of the whole one, or is refused (%s)', async (name, text) => {
    const whole = createTable(tables[name], text)
    const rows = new Set(whole.rows().map((row) => JSON.stringify(row)))
    let refused = 0
    await fc.assert(
      fc.asyncProperty(damagedBytes(new TextEncoder().encode(text)), async ({ how, bytes }) => {
        const read = () => createTable(tables[name], new TextDecoder().decode(bytes))
        const table = await readOrRefused(read, [Error])
        if (table === null) refused++
        else if (how.startsWith('cut') || how.startsWith('with zeros'))
          expect(table.rows().filter((row) => !rows.has(JSON.stringify(row)))).toEqual([])
      }),
      { numRuns: 300 },
    )
    expect(refused).toBeGreaterThan(100)
  })

  const header = 'checkpoint,data,fingerprint,module,site,unit,index,epoch,value,floor'

  it.each([
    ['a row that was cut', 'e,d,,m,s,0,ccmas,1,0.5\n', /line 2 of indices\.csv has 9 cells instead of 10/],
    ['a last row whose number may be cut', 'e,d,,m,s,0,ccmas,1,0.5,0.12', /line 2 of indices\.csv is incomplete/],
    ['a row with more cells', 'e,d,,m,s,0,ccmas,1,0.5,0,7\n', /line 2 of indices\.csv has 11 cells instead of 10/],
    ['a blank for a number', 'e,d,,m,s,0,ccmas,1, ,0\n', /line 2 of indices\.csv: value is no number: " "/],
    ['a hexadecimal number', 'e,d,,m,s,0,ccmas,1,0x10,0\n', /value is no number: "0x10"/],
    ['an infinite number', 'e,d,,m,s,0,ccmas,1,1e999,0\n', /value is no number: "1e999"/],
    ['a decimal comma', 'e,d,,m,s,0,ccmas,1,"0,5",0\n', /value is no number: "0,5"/],
  ])('refuses %s', (_, row, message) => {
    expect(() => createTable(tables.indices, `${header}\n${row}`)).toThrow(message)
  })

  it('reads a table that an editor saved with other line ends', () => {
    const table = createTable(tables.indices, `${header}\r\ne,d,,m,s,0,ccmas,1,-1.5e-7,\r\n`)
    expect(table.rows()).toMatchObject([{ value: '-1.5e-7', floor: '' }])
  })
})

describe('a zip of a run', () => {
  it('that is damaged gives the same run, or is refused', async () => {
    const files = runFiles()
    const run = await readLog(String(files.get('events.jsonl')))
    const stored = changedFiles()
    for (const [path, bytes] of files)
      if (path.startsWith('checkpoints/')) await stored.replace(path, bytes as Uint8Array<ArrayBuffer>)
    const blob = await zipOfRun(run, stored)
    const { events } = await read((await zipRuns(blob)).runs[0].files)
    let [same, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(damagedBytes(await bytesOf(blob)), async ({ how, bytes }) => {
        const { runs, problems } = await zipRuns(new Blob([bytes]))
        for (const { files: own } of runs) {
          const found = await readOrRefused(() => read(own), [Error])
          if (found === null) refused++
          else {
            same++
            expect(found.events, how).toEqual(events)
          }
        }
        if (runs.length > 0) return
        refused++
        expect(problems.join(), how).toMatch(/a\.zip/)
      }),
      { numRuns: 150 },
    )
    expect([same > 0, refused > 10]).toEqual([true, true])
  }, 60_000)

  it('in which a digit is another is refused, also where the file is not compressed', async () => {
    const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false })
    await zip.add('events.jsonl', new TextReader(String(runFiles().get('events.jsonl'))), { level: 0 })
    const bytes = await bytesOf(await zip.close())
    const at = Buffer.from(bytes).indexOf('"loss":') + '"loss":'.length
    expect(String.fromCharCode(bytes[at])).toMatch(/\d/)
    bytes[at] ^= 1
    const { runs } = await zipRuns(new Blob([bytes]))
    await expect(read(runs[0].files)).rejects.toThrow(/events\.jsonl is damaged in the zip/)
  })

  it.each(['../../evil/events.jsonl', '/etc/events.jsonl', '__proto__/events.jsonl', 'C:\\events.jsonl'])(
    'with the path %s does no harm',
    async (path) => {
      const zip = new ZipWriter(new BlobWriter(), { useWebWorkers: false })
      await zip.add(path, new TextReader(String(runFiles().get('events.jsonl'))))
      const found = await readOrRefused(async () => zipRuns(await zip.close()), [RunError])
      expect((found?.runs.length ?? 0) + (found?.problems.length ?? 0)).toBe(1)
      expect(({} as Record<string, unknown>).log).toBeUndefined()
    },
  )
})
