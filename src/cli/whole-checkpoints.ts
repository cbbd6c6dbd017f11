/** Leaves out checkpoints whose bytes are not those that the run saved. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { messageOf } from '../message.ts'
import type { CheckpointEvent } from '../protocol/run-events.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { UsageError } from './arguments.ts'
import {
  type Checkpoint,
  checkpointsOf,
  chosenCheckpoints,
  namesCheckpoints,
  type RunDescription,
  type RunValues,
} from './run-description.ts'
import { readFolder } from './run-disk.ts'
import { say } from './terminal.ts'

type Saved = Pick<CheckpointEvent, 'bytes' | 'sha256'>

/** What the run's log says about its checkpoints, by file; null where it cannot be read. */
async function savedOf({ folder }: Pick<RunDescription, 'folder'>): Promise<ReadonlyMap<string, Saved> | null> {
  try {
    const run = await openRunReader(readFolder(folder), folder)
    return new Map((await run.checkpoints()).map(({ file, bytes, sha256 }) => [file, { bytes, sha256 }]))
  } catch (error) {
    say(`Note: checkpoints are not compared with the log: ${messageOf(error)}`)
    return null
  }
}

/** Why a checkpoint is not the file that the run saved, or null. A file of another run, which has no epoch, is not compared. */
function damageOf({ path, file, epoch }: Checkpoint, saved: ReadonlyMap<string, Saved>): string | null {
  const known = Number.isNaN(epoch) ? undefined : saved.get(file)
  if (!known) return null
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    return messageOf(error)
  }
  if (bytes.length !== known.bytes) return `it has ${bytes.length} bytes instead of ${known.bytes}`
  const isOther = known.sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== known.sha256
  return isOther ? 'its contents have another hash than the log says' : null
}

/** The checkpoints that are whole; says which others are left out. `most` ends the search. */
function wholeOf(checkpoints: readonly Checkpoint[], saved: ReadonlyMap<string, Saved>, most: number): Checkpoint[] {
  const whole: Checkpoint[] = []
  for (const checkpoint of checkpoints) {
    if (whole.length === most) break
    const damage = damageOf(checkpoint, saved)
    if (damage === null) whole.push(checkpoint)
    else say(`Warning: the checkpoint ${checkpoint.file} is damaged and skipped: ${damage}.`)
  }
  return whole
}

/** Leaves out damaged checkpoints, each with a message. Rejects with UsageError where none is left. */
export async function withoutDamaged(
  run: Pick<RunDescription, 'folder'>,
  checkpoints: readonly Checkpoint[],
  most = Number.POSITIVE_INFINITY,
): Promise<Checkpoint[]> {
  const saved = await savedOf(run)
  const whole = saved ? wholeOf(checkpoints, saved, most) : checkpoints.slice(0, most)
  if (whole.length === 0)
    throw new UsageError(`no whole checkpoint in ${run.folder}; the warnings name the damaged ones`)
  return whole
}

/**
 * The checkpoints of `--checkpoint`, `--epochs` or `--all-checkpoints` that are whole, else the newest of the whole ones.
 * Rejects with UsageError, also where `--checkpoint` names a damaged one.
 */
export async function wholeCheckpoints(run: RunDescription, values: RunValues): Promise<Checkpoint[]> {
  if (namesCheckpoints(values)) return withoutDamaged(run, chosenCheckpoints(run, values))
  return withoutDamaged(run, checkpointsOf(run).toReversed(), 1)
}
