/** A run as one zip, with the files and folders of the command line's run directory. */
import { BlobReader, BlobWriter, ZipWriter } from '@zip.js/zip.js'
import type { RecordedEvent } from '../events.ts'
import { environmentFile, eventLine, metricsHeader, metricsRow, selectivityHeader, selectivityRows } from './files.ts'
import { tableFiles } from './measured.ts'
import type { Run } from './reduce.ts'

/** The bytes of a run's checkpoint, or null when they are gone. */
export type CheckpointReader = (runId: string, file: string) => Promise<Blob | null>

export interface Bundle {
  readonly blob: Blob
  /** Checkpoints that the run recorded and that could not be read. */
  readonly missing: readonly string[]
}

/** Characters of text that are made between two breaths of the page. */
const chunk = 1 << 18

const breathe = () => new Promise<void>((resolve) => setTimeout(resolve))

/** Text of all events, made in pieces so that the page never waits. */
async function textOf(header: string, events: readonly RecordedEvent[], line: (event: RecordedEvent) => string) {
  const parts: Blob[] = []
  let text = header
  for (const event of events) {
    text += line(event)
    if (text.length < chunk) continue
    parts.push(new Blob([text]))
    text = ''
    await breathe()
  }
  return new Blob([...parts, text])
}

const json = (value: unknown) => new Blob([`${JSON.stringify(value, null, 2)}\n`])

/** The text files by name. Throws RangeError for a run that has not started. */
async function textFiles(
  { start, graphs, measured }: Run,
  events: readonly RecordedEvent[],
): Promise<[string, Blob][]> {
  if (!start) throw new RangeError('invalid run: it has no start event; export it after it has started')
  return [
    ['config.json', json(start.config)],
    ['environment.json', json(environmentFile(start.environment, graphs))],
    ['events.jsonl', await textOf('', events, eventLine)],
    ['metrics.csv', await textOf(metricsHeader, events, metricsRow)],
    [
      'selectivity.csv',
      await textOf(selectivityHeader, events, (event) => (event.type === 'probe' ? selectivityRows(event) : '')),
    ],
    ...tableFiles(measured).map(([file, text]): [string, Blob] => [file, new Blob([text])]),
  ]
}

/**
 * Packs what a run has recorded so far: texts deflated, checkpoints stored as they are.
 * Rejects with RangeError when the run has not started.
 */
export async function bundleRun(run: Run, readCheckpoint: CheckpointReader): Promise<Bundle> {
  const events = run.events.slice()
  const checkpoints = run.checkpoints.map(({ file }) => file)
  const zip = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false })
  const missing: string[] = []
  for (const [name, blob] of await textFiles(run, events)) await zip.add(name, new BlobReader(blob))
  for (const file of checkpoints) {
    const blob = await readCheckpoint(run.id, file)
    if (blob) await zip.add(`checkpoints/${file}`, new BlobReader(blob), { level: 0 })
    else missing.push(file)
  }
  return { blob: await zip.close(), missing }
}
