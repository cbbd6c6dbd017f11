/** New runs from listed ones: forking and repeating them. */
import type { RunConfig } from '../../config/config.ts'
import { messageOf } from '../../message.ts'
import type { LoggedEvent } from '../../protocol/run-events.ts'
import type { RunReader } from '../../runs/format/reader.ts'
import { append, createRun, type GrowingRun } from '../../runs/reduce.ts'
import type { Experiments } from '../experiments/context.ts'
import type { LibraryRun } from '../experiments/state.ts'
import { runId } from '../names.ts'
import { isAbort } from '../pending.ts'
import type { RunOptions } from '../run-actions.ts'
import { type ForkDraft, forkConfig } from './fork-draft.ts'
import { report } from './list.ts'
import { findListed, readerOf } from './open-actions.ts'
import { comparedWith, repeatProblem } from './repetition.ts'
import { keepRun } from './share-actions.ts'

/** A run in the browser's storage, where the worker reads and writes it; a run that is only shown is stored first. */
export async function storedRun(experiments: Experiments, id: string): Promise<LibraryRun | null> {
  if (findListed(experiments, id)?.stored === false) await keepRun(experiments, id)
  return findListed(experiments, id) ?? null
}

/** Trains and shows the run. Says why where it cannot begin. Resolves at its end with its id; null where it did not begin. */
async function train(experiments: Experiments, config: RunConfig, options: RunOptions): Promise<string | null> {
  const { host, store } = experiments
  let begun: string | null = null
  const onBegin = (id: string) => {
    begun = id
    store.setState({ center: 'run' })
  }
  try {
    for await (const _ of host.lab.runConfig(config, { ...options, onBegin }));
  } catch (error) {
    if (!isAbort(error)) report(experiments, messageOf(error))
  }
  return begun
}

/** Does the work on a stored run; problems are reported. */
async function withRun(
  experiments: Experiments,
  id: string,
  work: (listed: LibraryRun, reader: RunReader) => Promise<unknown>,
): Promise<void> {
  experiments.store.setState({ problems: [] })
  try {
    const listed = await storedRun(experiments, id)
    if (listed) await work(listed, await readerOf(experiments, listed))
  } catch (error) {
    report(experiments, messageOf(error))
  }
}

const stepOf = (event: LoggedEvent): number => (event.type === 'start' ? event.fromStep : event.step)

/** What a fork has of its parent: everything up to the step, with the parent's units. */
async function recordUpTo(reader: RunReader, id: string, step: number): Promise<GrowingRun> {
  const { createStoredUnits } = await import('../../runs/units/stored.ts')
  const run = createRun(id, createStoredUnits(reader.files))
  for await (const event of reader.events()) if (event.type !== 'end' && stepOf(event) <= step) append(run, event)
  return run
}

async function fork(experiments: Experiments, reader: RunReader, listed: LibraryRun, draft: ForkDraft) {
  const { now } = experiments.host
  const config = forkConfig(listed, draft)
  const id = runId(new Date(now()), Math.floor(Math.random() * 65536))
  await experiments.host.lab.openImages(listed.id, reader.start)
  const begun = await recordUpTo(reader, id, draft.step)
  const point = { step: draft.step }
  const from = { kind: 'fork', parent: listed.id, point, acceptChanged: false } as const
  await experiments.host.lab.supplyParent(reader, listed.id)
  await train(experiments, config, { begun, from, name: config.name })
}

async function repeat(experiments: Experiments, reader: RunReader, listed: LibraryRun): Promise<void> {
  const problem = await repeatProblem(reader)
  if (problem) throw new Error(`${listed.record.name} cannot be repeated: ${problem}`)
  await experiments.host.lab.openImages(listed.id, reader.start)
  const { config } = listed.record
  const name = `${listed.info.name} again`
  const id = await train(experiments, config, { from: { kind: 'repeat', of: listed.id }, name })
  if (id === null) return
  const repetition = await comparedWith(experiments, listed, reader, id)
  experiments.store.setState({ repetition })
  experiments.host.lab.store.setState({ status: repetition.text })
}

export function continueActions(experiments: Experiments) {
  return {
    /** Trains a new run that begins with a state of this one. */
    forkRun: (id: string, draft: ForkDraft): Promise<void> =>
      withRun(experiments, id, (listed, reader) => fork(experiments, reader, listed, draft)),
    /** Trains a run again from its record, and says whether the bytes are the same. */
    repeatRun: (id: string): Promise<void> =>
      withRun(experiments, id, (listed, reader) => repeat(experiments, reader, listed)),
    /** Puts a run's settings into the form. */
    duplicateSettings: (id: string): void => {
      const listed = findListed(experiments, id)
      if (listed) experiments.host.lab.takeConfig(listed.record.config)
    },
  }
}
