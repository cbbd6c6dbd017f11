/** What the table of runs shows of a run. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { modelName } from '../config/model-text.ts'
import { stateOf } from '../data/node/processes.ts'
import { type RunRecord, recordOf } from '../experiments/record.ts'
import type { EndReason } from '../protocol/run-events.ts'
import type { RunParent } from '../protocol/run-record.ts'
import type { RunFiles } from '../runs/format/files.ts'
import { parseHolder } from '../runs/lock.ts'
import { append, createRun } from '../runs/reduce.ts'
import { withWholeConfig } from '../runs/whole-config.ts'
import type { FoundRun } from './find-runs.ts'
import { openRun } from './read-run.ts'

export interface RunSummary {
  /** Its path in the folder or zip that was named. */
  readonly name: string
  /** The name that its record gives it; the user may have changed it. */
  readonly title: string
  readonly state: EndReason | 'training' | 'interrupted'
  readonly data: string
  readonly classes: number
  readonly model: string
  readonly schedule: RunRecord['config']['regularizer']['schedule']
  /** Epochs trained, with a fraction, and to train. */
  readonly epoch: number
  readonly epochs: number
  /** Of the newest evaluation, between 0 and 1. */
  readonly top1: number | null
  /** Of the newest probe: the mean over modules, and its chance floor. */
  readonly selectivity: number | null
  readonly floor: number | null
  /** When it began, in milliseconds since 1970; for a record of format 1, when its folder changed last. */
  readonly date: number | null
  readonly bytes: number
  readonly parent: RunParent | null
  readonly tags: readonly string[]
  readonly note: string
  readonly pinned: boolean
}

async function bytesIn(files: RunFiles): Promise<number> {
  const lists = await Promise.all(['', 'checkpoints', 'resume'].map((folder) => files.list(folder)))
  return lists.flat().reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Whether a process on this machine, or on another one, writes the run now. */
function isTraining({ folder }: FoundRun): boolean {
  const path = folder === null ? null : join(folder, 'run.lock')
  if (path === null || !existsSync(path)) return false
  const holder = parseHolder(readFileSync(path, 'utf8'))
  return holder !== null && stateOf(holder) !== 'gone'
}

const changedAt = ({ folder }: FoundRun): number | null =>
  folder === null ? null : Math.round(statSync(join(folder, 'events.jsonl')).mtimeMs)

function stateIn(found: FoundRun, { state }: RunRecord): RunSummary['state'] {
  if (isTraining(found)) return 'training'
  return state === 'unfinished' ? 'interrupted' : state
}

const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value)

/** Rejects with RunError for a run that did not begin, and for a damaged record. */
export async function summaryOf(found: FoundRun): Promise<RunSummary> {
  const { name, files } = found
  const reader = await openRun(found)
  const run = createRun(name)
  for await (const event of reader.events()) append(run, withWholeConfig(event, name))
  const record = recordOf(name, run)
  const { info } = reader
  const { config } = record
  const last = record.probes.at(-1)?.modules.get('network')
  return {
    name,
    title: info?.name ?? config.name,
    state: stateIn(found, record),
    data: config.data.source,
    classes: record.classes,
    model: modelName(config.model),
    schedule: config.regularizer.schedule,
    epoch: run.steps.column('epoch').at(-1) ?? 0,
    epochs: config.train.epochs,
    top1: known(record.evaluations.at(-1)?.top1),
    selectivity: known(last?.selectivity),
    floor: known(last?.floor),
    date: info?.created ?? changedAt(found),
    bytes: await bytesIn(files),
    parent: info?.parent ?? null,
    tags: info?.tags ?? [],
    note: info?.note ?? '',
    pinned: info?.pinned ?? false,
  }
}
