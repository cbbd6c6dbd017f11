/** Exports runs as a zip: their folders, with the tables that follow from their logs. */
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import type { LoggedEvent } from '../protocol/run-events.ts'
import { breathe } from './breathe.ts'
import { metricsHeader, metricsRow, selectivityHeader, selectivityRows } from './files.ts'
import type { RunFiles } from './format/files.ts'
import { openRunReader, type RunReader } from './format/reader.ts'
import { unitsName } from './format/units.ts'
import { probesWithUnits } from './logged.ts'
import type { RunProbe } from './parquet-units.ts'
import { runPaths } from './run-paths.ts'

export interface ExportedParts {
  readonly checkpoints: boolean
  /** What the run needs to be resumed. */
  readonly resume: boolean
  /** Without the tables that follow from the logs, and with everything compressed that shrinks at all. */
  readonly small?: boolean
}

/** A run in a zip. */
export interface ExportedRun {
  /** Empty when the zip has only this run. */
  readonly folder: string
  readonly name: string
  readonly files: RunFiles
}

/** Characters of text that are packed at once. */
const piece = 1 << 18

/** Texts as bytes, in larger pieces. */
async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder()
  let text = ''
  for await (const more of texts) {
    text += more
    if (text.length < piece) continue
    yield encoder.encode(text)
    text = ''
    await breathe()
  }
  yield encoder.encode(text)
}

async function* metrics(reader: RunReader): AsyncGenerator<string> {
  yield metricsHeader
  for await (const event of reader.events()) if (event.type !== 'probe') yield metricsRow(event)
}

const isProbe = (event: LoggedEvent): event is Extract<LoggedEvent, { type: 'probe' }> => event.type === 'probe'

async function* selectivity(reader: RunReader): AsyncGenerator<string> {
  yield selectivityHeader
  for await (const probe of probesWithUnits(reader)) yield selectivityRows(probe)
}

async function* forParquet(reader: RunReader): AsyncGenerator<RunProbe> {
  for await (const probe of probesWithUnits(reader)) yield { run: null, probe }
}

const streamOf = (pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void (await pieces.return(undefined)),
  })

async function hasUnits(reader: RunReader): Promise<boolean> {
  for await (const event of reader.events()) if (isProbe(event) && event.units !== null) return true
  return false
}

/** The tables that follow from the logs, by name. Loads the code for Parquet when a run with units is exported. */
async function derived(reader: RunReader): Promise<[string, ReadableStream<Uint8Array<ArrayBuffer>>][]> {
  const own: [string, ReadableStream<Uint8Array<ArrayBuffer>>][] = [['metrics.csv', streamOf(encoded(metrics(reader)))]]
  if (!(await hasUnits(reader))) return own
  const { unitPieces, unitsFile } = await import('./parquet-units.ts')
  const rows = unitPieces(forParquet(reader), { withRun: false })
  return [...own, ['selectivity.csv', streamOf(encoded(selectivity(reader)))], [unitsFile, streamOf(rows)]]
}

/** These are compressed already or hardly shrink: units.bin by a seventh. */
const level = (path: string, { small }: ExportedParts) =>
  /\.(parquet|safetensors|bin)$/.test(path) && !(small && path === unitsName) ? { level: 0 as const } : {}

async function pathsOf(files: RunFiles, { checkpoints, resume }: ExportedParts): Promise<string[]> {
  const isLeftOut = (path: string) =>
    (!checkpoints && path.startsWith('checkpoints/')) || (!resume && path.startsWith('resume/'))
  return (await runPaths(files)).filter((path) => !isLeftOut(path))
}

async function addRun(zip: ZipWriter<Blob>, { folder, name, files }: ExportedRun, parts: ExportedParts): Promise<void> {
  const at = (path: string) => (folder ? `${folder}/${path}` : path)
  const reader = await openRunReader(files, name)
  for (const path of await pathsOf(files, parts)) {
    const blob = await files.read(path)
    if (blob) await zip.add(at(path), new BlobReader(blob), level(path, parts))
  }
  if (parts.small) return
  for (const [path, stream] of await derived(reader)) await zip.add(at(path), stream, level(path, parts))
}

/** Packs runs, one after another. Holds no file in memory as a whole. Rejects with RunError for a damaged run. */
export async function zipRuns(
  runs: Iterable<ExportedRun> | AsyncIterable<ExportedRun>,
  parts: ExportedParts,
): Promise<Blob> {
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  for await (const run of runs) await addRun(zip, run, parts)
  return zip.close()
}
