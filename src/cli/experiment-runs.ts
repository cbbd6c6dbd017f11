/** Reads runs as records for comparison and claims. */
import { contentsNotes } from '../experiments/groups.ts'
import { dataNotes, type RunRecord, recordOf } from '../experiments/record.ts'
import { messageOf } from '../message.ts'
import { append, createRun, type Run } from '../runs/reduce.ts'
import { tables } from '../runs/tables.ts'
import { withWholeConfig } from '../runs/whole-config.ts'
import { UsageError } from './arguments.ts'
import { type FoundRun, findRuns } from './find-runs.ts'
import { openRun, rowsOf } from './read-run.ts'
import { say } from './terminal.ts'

/** The run of a record, without units. Rejects with RunError. */
export async function reduced(found: FoundRun): Promise<Run> {
  const run = createRun(found.name)
  for await (const event of (await openRun(found)).events()) append(run, withWholeConfig(event, found.name))
  return run
}

/** Does `read` and returns a list of one. A run that cannot be read gives a warning and an empty list. */
export async function orSkipped<T>({ name, folder }: FoundRun, read: () => Promise<T>): Promise<T[]> {
  try {
    return [await read()]
  } catch (error) {
    say(`Warning: ${folder ?? name} is skipped: ${messageOf(error).replace(`${name}: `, '')}`)
    return []
  }
}

const readRecord = async (found: FoundRun): Promise<RunRecord> =>
  recordOf(found.name, await reduced(found), {
    curves: await rowsOf(found, tables.curves),
    linearity: await rowsOf(found, tables.linearity),
  })

/**
 * Reads the records of all runs in folders and zips; says which runs cannot be read, and what else concerns their data.
 * Rejects with UsageError where no run can be read.
 */
export async function readRuns(paths: readonly string[]): Promise<RunRecord[]> {
  await using found = await findRuns(paths)
  const runs: RunRecord[] = []
  for (const run of found.runs) runs.push(...(await orSkipped(run, () => readRecord(run))))
  if (runs.length === 0) {
    const names = found.runs.map(({ name }) => name).join(', ')
    throw new UsageError(`no run that can be compared in ${paths.join(', ')} (found ${names}; the warnings say why)`)
  }
  for (const note of [...runs.flatMap(dataNotes), ...contentsNotes(runs)]) say(`Warning: ${note}`)
  return runs
}
