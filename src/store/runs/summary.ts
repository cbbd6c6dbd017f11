/** Reads what the list shows of a run from its folder, in one pass over its log. */
import { type RunRecord, recordOf } from '../../experiments/record.ts'
import { breathe } from '../../runs/breathe.ts'
import { parseCsv } from '../../runs/csv.ts'
import { createDigest } from '../../runs/digest.ts'
import type { RunFiles } from '../../runs/format/files.ts'
import { openRunReader, type RunReader } from '../../runs/format/reader.ts'
import { append, createRun, type GrowingRun, type Run } from '../../runs/reduce.ts'
import type { MeasuredTexts, Row } from '../../runs/tables.ts'
import { withWholeConfig } from '../../runs/whole-config.ts'

/** What the list knows of a run besides its record. */
export interface RunFacts {
  /** Equal for equal events: it finds a run that is imported twice. */
  readonly digest: string
  /** The last step and epoch of the log. */
  readonly step: number
  readonly epoch: number
  /** Whether the units of probes are there. */
  readonly units: boolean
  /** Saved checkpoints whose files are there, oldest first. */
  readonly checkpoints: readonly { readonly file: string; readonly epoch: number; readonly step: number }[]
  /** Points from which it resumes, ascending by step. */
  readonly points: readonly { readonly step: number; readonly epoch: number }[]
}

export interface RunSummary {
  readonly record: RunRecord
  readonly facts: RunFacts
}

const rows = (text = ''): Row[] => parseCsv(text).rows

/** The record of a run with its measurement tables. */
export const recordWith = (name: string, run: Run, { curves, linearity }: MeasuredTexts): RunRecord =>
  recordOf(name, run, { curves: rows(curves), linearity: rows(linearity) })

/** Events that are read before the page handles its own. */
const most = 4096

/** The run of a log, without its events, whether it has units, and the digest of the log. */
async function reduced(reader: RunReader, id: string): Promise<{ run: GrowingRun; units: boolean; digest: string }> {
  const run = createRun(id)
  const digest = createDigest()
  let [count, units] = [0, false]
  for await (const event of reader.events()) {
    append(run, withWholeConfig(event, reader.name))
    units ||= event.type === 'probe' && event.units !== null
    await digest.add(event)
    run.events = run.events.slice(-1)
    if (++count % most === 0) await breathe()
  }
  return { run, units, digest: await digest.end() }
}

async function pointsOf(reader: RunReader): Promise<RunFacts['points']> {
  // A run with damaged points still opens; resuming it reports the damage.
  const points = await reader.points().catch(() => [])
  return points.map(({ step, epoch, batch }) => ({ step, epoch: epoch + batch / reader.start.stepsPerEpoch }))
}

/** Reads a run's folder. Rejects with RunError for one that is no run or is damaged. */
export async function summaryOf(files: RunFiles, id: string, name: string): Promise<RunSummary> {
  const reader = await openRunReader(files, name)
  const { run, units, digest } = await reduced(reader, id)
  const last = run.steps.length - 1
  const there = new Set((await files.list('checkpoints')).map((file) => file.name))
  const checkpoints = new Map(run.checkpoints.map(({ file, epoch, step }) => [file, { file, epoch, step }]))
  const facts: RunFacts = {
    digest,
    step: last < 0 ? 0 : run.steps.column('step')[last],
    epoch: last < 0 ? 0 : run.steps.column('epoch')[last],
    units,
    checkpoints: [...checkpoints.values()].filter(({ file }) => there.has(file)),
    points: await pointsOf(reader),
  }
  return { record: recordWith(name, run, await reader.tables()), facts }
}
