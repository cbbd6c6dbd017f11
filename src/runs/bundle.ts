/** Exports runs as a zip, with the files of the command line's run folder. */
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import type { ProbeEvent, RecordedEvent } from '../protocol/run-events.ts'
import { breathe } from './breathe.ts'
import { environmentFile, eventLine, metricsHeader, metricsRow, selectivityHeader, selectivityRows } from './files.ts'
import { recordedEvents } from './logged.ts'
import { measuredTexts } from './measured.ts'
import type { Run } from './reduce.ts'
import { tableFiles } from './tables.ts'

/** Reads a run's checkpoint; null when the browser no longer has it. */
export type CheckpointReader = (runId: string, file: string) => Promise<Blob | null>

export interface Bundle {
  readonly blob: Blob
  /** Checkpoints that the run saved but that could not be read. */
  readonly missing: readonly string[]
}

/** Characters of text written before the page handles its events. */
const chunk = 1 << 18

/** The text of all events, written in pieces so that the page stays responsive. */
async function textOf(header: string, events: AsyncIterable<RecordedEvent>, line: (event: RecordedEvent) => string) {
  const parts: Blob[] = []
  let text = header
  for await (const event of events) {
    text += line(event)
    if (text.length < chunk) continue
    parts.push(new Blob([text]))
    text = ''
    await breathe()
  }
  return new Blob([...parts, text])
}

const json = (value: unknown) => new Blob([`${JSON.stringify(value, null, 2)}\n`])

/** The probes with their units, read one at a time. */
async function* probesOf(run: Run): AsyncGenerator<ProbeEvent> {
  for await (const event of recordedEvents({ events: run.probes, units: run.units }))
    if (event.type === 'probe') yield event
}

/** Loads the code when a run with units is exported, which few visits do. */
async function unitsFile(probes: AsyncIterable<ProbeEvent>): Promise<[string, Blob]> {
  const units = await import('./parquet-units.ts')
  return [units.unitsFile, await units.unitsParquet(probes)]
}

type Tables = readonly (readonly [file: string, text: string])[]

/**
 * The files by name, without checkpoints; selectivity.csv and selectivity.parquet only when units were recorded. Throws
 * RangeError for a run that has not started.
 */
async function recordFiles(run: Run, measured: Tables): Promise<[string, Blob][]> {
  const { start, graphs, probes } = run
  if (!start) throw new RangeError('invalid run: it has no start event; export it after it has started')
  const events = () => recordedEvents(run)
  const units = (event: RecordedEvent) => (event.type === 'probe' ? selectivityRows(event) : '')
  return [
    ['config.json', json(start.config)],
    ['environment.json', json(environmentFile(start.environment, graphs))],
    ['events.jsonl', await textOf('', events(), eventLine)],
    ['metrics.csv', await textOf(metricsHeader, events(), metricsRow)],
    ...(probes.some(({ units }) => units !== null)
      ? ([
          ['selectivity.csv', await textOf(selectivityHeader, events(), units)],
          await unitsFile(probesOf(run)),
        ] satisfies [string, Blob][])
      : []),
    ...measured.map(([file, text]): [string, Blob] => [file, new Blob([text])]),
  ]
}

/** Parquet is compressed already, and checkpoints do not shrink. */
const stored = { level: 0 } as const
const levelOf = (name: string) => (name.endsWith('.parquet') ? stored : {})

const newZip = () => new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })

/**
 * Packs everything that a run has recorded so far. Texts are compressed.
 * Rejects with RangeError when the run has not started.
 */
export async function bundleRun(run: Run, readCheckpoint: CheckpointReader): Promise<Bundle> {
  // The run may grow in the meantime.
  const still = { ...run, events: run.events.slice(), probes: run.probes.slice() }
  const checkpoints = run.checkpoints.map(({ file }) => file)
  const zip = newZip()
  const missing: string[] = []
  for (const [name, blob] of await recordFiles(still, tableFiles(measuredTexts(run.measured))))
    await zip.add(name, new BlobReader(blob), levelOf(name))
  for (const file of checkpoints) {
    const blob = await readCheckpoint(run.id, file)
    if (blob) await zip.add(`checkpoints/${file}`, new BlobReader(blob), stored)
    else missing.push(file)
  }
  return { blob: await zip.close(), missing }
}

/** A run in a zip of several runs. */
export interface FolderRun {
  /** Empty when the zip has only this run. */
  readonly folder: string
  readonly run: Run
  /** The measurement tables of the run. */
  readonly measured: Tables
}

/** Packs runs without their checkpoints. */
export async function bundleRuns(runs: AsyncIterable<FolderRun>): Promise<Blob> {
  const zip = newZip()
  for await (const { folder, run, measured } of runs) {
    for (const [name, blob] of await recordFiles(run, measured))
      await zip.add(folder ? `${folder}/${name}` : name, new BlobReader(blob), levelOf(name))
  }
  return zip.close()
}
