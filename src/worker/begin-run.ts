/** How a run begins: new, from a resume point, from a state of another run, or as the repetition of one. */
import { parseConfig, type RunConfig } from '../config/config.ts'
import { messageOf } from '../message.ts'
import { parseSafetensors } from '../model/safetensors.ts'
import type { LabCommand, StartFrom } from '../protocol/commands.ts'
import type { StartEvent } from '../protocol/run-events.ts'
import type { RecordedControl, ResumedMark, RunInfo, RunParent } from '../protocol/run-record.ts'
import { controlsName, keptBehind, keptText, readKept } from '../runs/format/controls.ts'
import type { WritableRunFiles } from '../runs/format/files.ts'
import { forkInto, parentOf, readFork } from '../runs/format/fork.ts'
import { legacyMomentum } from '../runs/format/format-1.ts'
import { newInfo } from '../runs/format/info.ts'
import { logName } from '../runs/format/log.ts'
import { readPoints } from '../runs/format/points.ts'
import { openRunReader, type RunReader } from '../runs/format/reader.ts'
import { type Prepared, prepareResume } from '../runs/format/resume.ts'
import { unitsName } from '../runs/format/units.ts'
import { repeatedRecord, segmentText } from '../runs/repeat.ts'
import type { Resume } from '../train/options.ts'
import type { RunStorage } from './host.ts'

type Start = Extract<LabCommand, { type: 'start' }>

/** A run's own record, or that of the run that it forks or repeats. */
export interface EarlierRun {
  readonly reader: RunReader
  /** The newest start event: it names the images, and the kernels that the run uses. */
  readonly start: StartEvent
}

/** What training needs besides configuration and images. */
export interface Beginning {
  readonly resume?: Resume
  readonly resumed?: ResumedMark
  readonly parent?: RunParent
  /** Controls that the run repeats. */
  readonly controls: readonly RecordedControl[]
  /** What was skipped, for the run's log. */
  readonly warnings: readonly string[]
  /** Of a new folder. */
  readonly info?: RunInfo
}

async function newestStart(reader: RunReader): Promise<StartEvent> {
  let start: StartEvent = reader.start
  for await (const event of reader.events({ skip: () => {} })) if (event.type === 'start') start = event
  return start
}

const sourceOf = (from: StartFrom, runId: string): string => {
  if (from.kind === 'resume') return runId
  return from.kind === 'fork' ? from.parent : from.of
}

/** The record that a run begins from; null for a new run. Rejects with RunError where it cannot be read. */
export async function earlierRun(runs: RunStorage, { from, runId, config }: Start): Promise<EarlierRun | null> {
  if (!from) return null
  const reader = await openRunReader(runs.open(sourceOf(from, runId)), config.name)
  return { reader, start: await newestStart(reader) }
}

/** What is trained and recorded: in a repetition what the record says, on images that may have moved. */
export function trainedConfig({ from, config }: Start, earlier: EarlierRun | null): RunConfig {
  if (from?.kind !== 'repeat' || !earlier) return config
  const recorded = parseConfig(earlier.start.config)
  return { ...recorded, name: config.name, data: { ...recorded.data, source: config.data.source } }
}

/** The images' settings with the recorded order of classes, which is that of the weights. */
export function selectedData({ data }: RunConfig, earlier: EarlierRun | null): RunConfig['data'] {
  return earlier ? { ...data, classes: earlier.start.environment.data.classes.map(({ id }) => id) } : data
}

function resumeOf({ point, weights, momentum, measured }: Prepared): Resume {
  const { step, epoch, batch, checkpoint, savedStep } = point
  const velocity = momentum && parseSafetensors(momentum)
  return { weights: parseSafetensors(weights), velocity, step, epoch, batch, checkpoint, savedStep, measured }
}

/** Whether a run was interrupted before its first state was saved, and has nothing that a new beginning would lose. */
async function hasNoState(files: WritableRunFiles, reader: RunReader): Promise<boolean> {
  const points = await readPoints(files, reader.name)
  if (points.length > 0 || (await files.read(legacyMomentum))) return false
  return (await reader.checkpoints()).every(({ step }) => step === 0)
}

/** Has the run repeat controls, also after it was interrupted. */
const keepControls = (files: WritableRunFiles, controls: readonly RecordedControl[]): Promise<void> =>
  files.replace(controlsName, keptText({ controls, events: [] }))

/** Empties the logs of a run that begins again. */
async function clearLogs(files: WritableRunFiles): Promise<void> {
  await files.remove(logName)
  await files.remove(unitsName)
}

async function beginAgain(files: WritableRunFiles, { reader }: EarlierRun, mark: ResumedMark): Promise<Beginning> {
  const { initial } = reader.start.environment
  if (initial)
    throw new Error(
      `The run stopped before its first state was saved, and it began with the weights of ${initial.file}: start it anew with that file.`,
    )
  const before = await readKept(files, reader.name)
  const { controls } = await keptBehind(0, before, reader.events({ skip: () => {} }))
  await keepControls(files, controls)
  await clearLogs(files)
  return { resumed: mark, controls, warnings: [] }
}

/**
 * A fork that was interrupted before its start event has a log with its parent's configuration alone: it would go on with
 * that, and not with its own.
 */
async function requireBegun({ info, events, name }: RunReader): Promise<void> {
  const parent = info?.parent
  if (parent?.kind !== 'fork') return
  for await (const event of events({ skip: () => {} }))
    if (event.type === 'start' && event.parent?.id === parent.id && event.fromStep === parent.step) return
  throw new Error(`The fork ${name} was interrupted before its first step. Delete it, and fork ${parent.name} again.`)
}

async function prepared(files: WritableRunFiles, name: string, epochEnds: boolean) {
  const found = await prepareResume(files, name, { epochEnds })
  return { resume: resumeOf(found), controls: found.controls, warnings: found.messages }
}

const infoOf = ({ runId, config, name }: Start, parent: RunParent | null): RunInfo =>
  newInfo({ id: runId, created: Date.now(), name: name ?? config.name, parent })

async function fork(
  files: WritableRunFiles,
  command: Start,
  { reader }: EarlierRun,
  from: Extract<StartFrom, { kind: 'fork' }>,
  changed: boolean,
): Promise<Beginning> {
  const start = await readFork(reader, from.point)
  if (changed && start.point.batch !== 0)
    throw new Error('With other images, a fork can only begin at the end of an epoch: choose a checkpoint.')
  const parent = parentOf(reader, start)
  await forkInto(reader, start, files, { info: infoOf(command, parent), config: command.config })
  return { ...(await prepared(files, command.config.name, changed)), parent }
}

async function repeat(files: WritableRunFiles, command: Start, { reader }: EarlierRun): Promise<Beginning> {
  const { id, name } = reader.info ?? { id: '', name: reader.start.config.name }
  const parent: RunParent = { kind: 'repeat', id, name, step: 0, epoch: 0, momentum: 'kept' }
  const { controls, segments } = await repeatedRecord(reader.events())
  const [first, second] = segments
  if (second)
    throw new Error(
      `This run changed its settings after step ${second.fromStep} (${segmentText(first, second)}). The page repeats runs with one configuration; the command line repeats this one: train --repeat.`,
    )
  await keepControls(files, controls)
  return { parent, controls, warnings: [], info: infoOf(command, parent) }
}

/**
 * Prepares the run's folder. `changed`: the images are others than the recorded ones. Rejects with RunError where the run
 * cannot begin so, and where the storage refuses.
 */
export async function beginRun(
  files: WritableRunFiles,
  command: Start,
  earlier: EarlierRun | null,
  changed: boolean,
): Promise<Beginning> {
  const { from, config } = command
  if (!from || !earlier) return { controls: [], warnings: [], info: infoOf(command, null) }
  switch (from.kind) {
    case 'resume':
      await requireBegun(earlier.reader)
      if (await hasNoState(files, earlier.reader)) return beginAgain(files, earlier, from.mark)
      return { ...(await prepared(files, config.name, changed)), resumed: from.mark }
    case 'fork':
      return fork(files, command, earlier, from, changed)
    case 'repeat':
      return repeat(files, command, earlier)
    default:
      return from satisfies never
  }
}

/** Why the folder of a run cannot be written: the message for the page. */
export const lockedText = 'This run trains in another tab. Stop it there, or follow it here.'

export const storageReason = (error: unknown): string =>
  `This browser offers no storage here (${messageOf(error)}), so the run is lost when the page closes. Export it before.`
