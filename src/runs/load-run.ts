/**
 * Reads a stored run as the page shows it: its events with means of sites, and its measurement tables. The values of units
 * stay in its files until something shows them. Works in small pieces so that the page stays responsive.
 */

import { messageOf } from '../message.ts'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { breathe } from './breathe.ts'
import { readText } from './format/json-file.ts'
import type { RunReader } from './format/reader.ts'
import { RunError } from './format/run-error.ts'
import { addRows, type GrowingMeasured } from './measured.ts'
import { append, createRun, type GrowingRun } from './reduce.ts'
import { createTable, measuredTables, type TableSpec, tables } from './tables.ts'
import { createStoredUnits } from './units/stored.ts'

export interface LoadedRun {
  readonly run: GrowingRun
  /** A sentence for each damaged line of the log, which was left out, and for each table that cannot be read. */
  readonly problems: readonly string[]
}

/** Bytes of the log that are read before the page handles its events: a thousand steps, which take about 10 ms. */
const logAtOnce = 300_000

/** Bytes of a line: about those of a step, or of a probe of format 1 with its units. */
const bytesOf = (event: LoggedEvent): number =>
  event.type === 'probe' && event.units?.kind === 'line' ? event.units.bytes : 300

/** Characters of a table that are parsed at once, which takes a few milliseconds. */
const tableAtOnce = 1 << 16

/** Bytes of the largest table that is opened: one of 15,104 units at 20 checkpoints has half of it. */
const largestTable = 2 ** 26

/** A CSV text in pieces of whole rows, each with the header. */
export function* csvPieces(text: string, length = tableAtOnce): Generator<string> {
  const header = text.slice(0, text.indexOf('\n') + 1)
  let from = header.length
  while (from < text.length) {
    const to = rowEnd(text, from, from + length)
    yield header + text.slice(from, to)
    from = to
  }
}

/** The end of the first row that ends at `least` or later. A line break in quotes ends no row. */
function rowEnd(text: string, from: number, least: number): number {
  let [quotes, at] = [0, from]
  while (at < text.length) {
    const end = text.indexOf('\n', at)
    if (end < 0) return text.length
    for (let quote = text.indexOf('"', at); quote >= 0 && quote < end; quote = text.indexOf('"', quote + 1)) quotes++
    at = end + 1
    if (at >= least && quotes % 2 === 0) return at
  }
  return text.length
}

async function readTable(reader: RunReader, spec: TableSpec, add: (text: string) => void): Promise<void> {
  const text = await readText(reader.files, spec.file, reader.name, largestTable)
  if (!text) return
  for (const piece of csvPieces(text)) {
    add(piece)
    await breathe()
  }
}

/** Adds the measurements of the run's folder, and returns what cannot be read. */
async function readTables(reader: RunReader, measured: GrowingMeasured): Promise<string[]> {
  const problems: string[] = []
  for (const name of measuredTables) {
    const spec = tables[name]
    try {
      await readTable(reader, spec, (piece) => addRows(measured, name, createTable(spec, piece).rows()))
    } catch (error) {
      problems.push(error instanceof RunError ? error.message : `${reader.name}: ${messageOf(error)}`)
    }
  }
  return problems
}

/**
 * Loads a run; `id` names it on the page. Rejects with RunError where its log cannot be read, and with the signal's reason.
 */
export async function loadRun(reader: RunReader, id: string, signal?: AbortSignal): Promise<LoadedRun> {
  const run = createRun(id, createStoredUnits(reader.files), reader.name)
  const problems: string[] = []
  let bytes = 0
  for await (const event of reader.events({ skip: (problem) => problems.push(`${reader.name}: ${problem}.`) })) {
    append(run, event)
    bytes += bytesOf(event)
    if (bytes < logAtOnce) continue
    bytes = 0
    await breathe()
    signal?.throwIfAborted()
  }
  problems.push(...(await readTables(reader, run.measured)))
  signal?.throwIfAborted()
  return { run, problems }
}
