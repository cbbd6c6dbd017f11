/** Compares a run with its repetition. */
import type { RunConfig } from '../../config/config.ts'
import { changedKeys } from '../../config/fork.ts'
import { dataChangeText } from '../../runs/data-change.ts'
import { openRunReader, type RunReader } from '../../runs/format/reader.ts'
import { type Comparison, compareRecords, differenceText } from '../../runs/same-run.ts'
import type { Experiments } from '../experiments/context.ts'
import type { LibraryRun, Repetition } from '../experiments/state.ts'

/** Fields that no result depends on. */
const idle = /^(name|data\.source|data\.classes|train\.(memoryBudget|recompute)|checkpoint\.(momentum|resume.*))$/

const differs = (before: RunConfig, after: RunConfig) => changedKeys(before, after).some((key) => !idle.test(key))

/** Why one training cannot repeat a record, or null. */
export async function repeatProblem(reader: RunReader): Promise<string | null> {
  for await (const event of reader.events()) {
    if (event.type === 'data' && event.change === 'changed') return dataChangeText(event)
    if (event.type === 'start' && differs(reader.start.config, event.config))
      return 'its parts have different settings, because it was extended or forked. The command line repeats it: train --repeat.'
  }
  return null
}

/** Whether a repetition has everything that an unfinished run has, and goes on. */
const isMore = ({ record }: LibraryRun, { difference }: Comparison): boolean =>
  record.state !== 'finished' && difference?.field === null && difference.first === undefined

/** Compares a run with its repetition event by event. */
export async function comparedWith(
  { host }: Experiments,
  listed: LibraryRun,
  reader: RunReader,
  id: string,
): Promise<Repetition> {
  const again = await openRunReader(host.folders.open(id), `${listed.info.name} again`)
  const compared = await compareRecords(reader, again)
  const { same, difference } = compared
  if (!difference || isMore(listed, compared)) {
    const text = `The repetition of ${listed.info.name} is identical: ${same} events with results have the same values, and every checkpoint the same bytes.`
    return { id, of: listed.id, identical: true, text }
  }
  const text = `The repetition of ${listed.info.name} is not identical. ${differenceText(difference, 'the run', 'its repetition')}`
  return { id, of: listed.id, identical: false, text }
}
