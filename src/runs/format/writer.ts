/**
 * Writes a run's folder. The order of its writes makes every crash recoverable: units before the line that names them, logs
 * before checkpoints, checkpoints and states before the list of resume points, and that list before older states are removed.
 */
import { messageOf } from '../../message.ts'
import type { RecordedEvent } from '../../protocol/run-events.ts'
import type { ResumeState, RunInfo } from '../../protocol/run-record.ts'
import { createSerialQueue } from '../../serial-queue.ts'
import { createThrottle } from '../../throttle.ts'
import { environmentFile } from '../files.ts'
import type { WritableRunFiles } from './files.ts'
import { readInfo, writeInfo } from './info.ts'
import { jsonText } from './json-file.ts'
import { readPoints } from './points.ts'
import { checkpointPath } from './reader.ts'
import { RunError } from './run-error.ts'
import { type OnLogged, openRunLogs, type RunLogs } from './run-logs.ts'
import { type PointStore, savePoint, thinPoints } from './save-point.ts'

export interface WriterOptions {
  /** The run in messages. */
  readonly name: string
  /** Milliseconds. */
  readonly now: () => number
  /** Written where the folder has none. */
  readonly info?: RunInfo
  /** Also writes metrics.csv and selectivity.csv; those of an interrupted run are made again from its log. */
  readonly csv?: boolean
  /**
   * Frees space for so many bytes that the storage refused with `error`; resolves to whether it freed some. It may remove
   * resume points, also from their list.
   */
  readonly makeRoom?: (bytes: number, error: unknown) => Promise<boolean>
  /** Takes each event as the log has it, before it is written. */
  readonly onLogged?: OnLogged
  /** Takes a sentence about a problem that loses nothing. */
  readonly notice?: (message: string) => void
  /** Runs `work` after some milliseconds, unless the returned function is called before. */
  readonly later?: (work: () => void, milliseconds: number) => () => void
}

export interface RunWriter {
  /** Time of the newest event that the log had, in milliseconds since the run's start; 0 for a new run. */
  readonly time: number
  /**
   * Appends an event. Rejects with RunError when the storage refuses; the event is then kept in memory and written before
   * the next one, or at the next `flush`.
   */
  readonly record: (event: RecordedEvent) => Promise<void>
  /** Returns once everything recorded is on the disk; happens by itself within a second of an event. Rejects with RunError. */
  readonly flush: () => Promise<void>
  /** Saves a checkpoint whole or not at all, behind all events so far. Rejects with RunError. */
  readonly saveCheckpoint: (file: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  /** Saves a resume point. When it rejects with RunError, the points before it hold. */
  readonly saveResume: (state: ResumeState) => Promise<void>
  /** Writes what is left and closes the files. Rejects with RunError where something could not be written. */
  readonly close: () => Promise<void>
}

/** Milliseconds after which events are on the disk. */
const longestUnsynced = 1000

const timeout = (work: () => void, milliseconds: number) => {
  const timer = setTimeout(work, milliseconds)
  return () => clearTimeout(timer)
}

interface Writing extends PointStore {
  readonly options: WriterOptions
  readonly logs: RunLogs
  readonly isSyncDue: () => boolean
  /** Cancels the sync that is planned. */
  cancel: (() => void) | null
  /** Whether environment.json lacks the newest reports. */
  isEnvironmentOld: boolean
}

/** Does `work`. Where the storage refuses, frees space and does it once more. Rejects with RunError, which ends with `cure`. */
async function attempt(
  { options: { name, makeRoom } }: Writing,
  bytes: () => number,
  what: string,
  cure: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    try {
      await work()
    } catch (error) {
      if (!(await makeRoom?.(bytes(), error))) throw error
      await work()
    }
  } catch (error) {
    throw new RunError(`${name}: cannot ${what} (${messageOf(error)}); ${cure}`, { cause: error })
  }
}

const keptCure = 'the events are kept in memory; free some space, and they are written'

const writeLogs = (writing: Writing) =>
  attempt(writing, writing.logs.waiting, 'record', keptCure, async () => {
    await writing.logs.write()
  })

/** Writes everything that waits, and returns once it is on the disk. */
async function settle(writing: Writing): Promise<void> {
  writing.cancel?.()
  writing.cancel = null
  await writeLogs(writing)
  await attempt(
    writing,
    () => 0,
    'sync the record',
    keptCure,
    async () => writing.logs.sync(),
  )
}

async function writeEnvironment({ files, logs: { recorded } }: Writing): Promise<void> {
  const { environment, graphs } = recorded
  if (environment) await files.replace('environment.json', jsonText(environmentFile(environment, graphs)))
}

/** config.json and environment.json; the log has all that they contain, so a failure after the start loses nothing. */
async function describe(writing: Writing, event: RecordedEvent): Promise<void> {
  if (event.type === 'start') {
    const text = jsonText(event.config)
    await attempt(
      writing,
      () => text.length,
      'save config.json',
      keptCure,
      async () => {
        await writing.files.replace('config.json', text)
        await writeEnvironment(writing)
      },
    )
  }
  if (event.type === 'graph') writing.isEnvironmentOld = true
  if (!writing.isEnvironmentOld) return
  try {
    await writeEnvironment(writing)
    writing.isEnvironmentOld = false
  } catch (error) {
    writing.options.notice?.(
      `environment.json could not be replaced (${messageOf(error)}); events.jsonl has its contents.`,
    )
  }
}

function planSync(writing: Writing, flush: () => Promise<void>): void {
  const { later = timeout, notice } = writing.options
  writing.cancel ??= later(() => {
    writing.cancel = null
    flush().catch((error: unknown) => notice?.(messageOf(error)))
  }, longestUnsynced)
}

async function record(writing: Writing, event: RecordedEvent, flush: () => Promise<void>): Promise<void> {
  const { logs, seals } = writing
  logs.add(event)
  if (event.type === 'checkpoint' && event.sha256 !== undefined) {
    const { file, bytes, sha256 } = event
    seals.set(checkpointPath(file), { file: checkpointPath(file), bytes, sha256 })
  }
  await describe(writing, event)
  await writeLogs(writing)
  if (writing.isSyncDue()) await settle(writing)
  else planSync(writing, flush)
}

async function saveCheckpoint(writing: Writing, file: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await settle(writing)
  writing.seals.delete(checkpointPath(file))
  const cure = 'the checkpoints before it are whole; free some space'
  await attempt(
    writing,
    () => bytes.length,
    `save ${file}`,
    cure,
    async () => writing.files.replace(checkpointPath(file), bytes),
  )
}

async function saveResume(writing: Writing, state: ResumeState): Promise<void> {
  await settle(writing)
  const { logs, points, options } = writing
  const bytes = state.momentum.length + (state.weights?.length ?? 0)
  const before = points.findLast(({ step }) => step < state.step)
  const cure = before ? `the run can still resume from step ${before.step}; free some space` : 'free some space'
  const makeRoom = async (_: number, error: unknown) =>
    (await thinPoints(writing)) || ((await options.makeRoom?.(bytes, error)) ?? false)
  const place = { logs: logs.upTo(), momentum: logs.recorded.momentum }
  await attempt(
    { ...writing, options: { ...options, makeRoom } },
    () => bytes,
    `save the state of step ${state.step}`,
    cure,
    () => savePoint(writing, state, place),
  )
}

async function close(writing: Writing): Promise<void> {
  try {
    await settle(writing)
    if (writing.isEnvironmentOld) await writeEnvironment(writing)
  } finally {
    writing.cancel?.()
    writing.logs.close()
  }
}

/**
 * Opens a folder for the events of a run: an empty one, or the folder of a run that resumes, whose logs `prepareResume` has
 * cut, or that `forkInto` made. Rejects with RunError, or where the storage refuses.
 */
export async function openRunWriter(files: WritableRunFiles, options: WriterOptions): Promise<RunWriter> {
  const { name, now, info, csv = false, notice = () => {} } = options
  if (info && !(await readInfo(files, name))) await writeInfo(files, info)
  const points = await readPoints(files, name)
  const logs = await openRunLogs(files, name, csv, notice, options.onLogged)
  const isSyncDue = createThrottle(longestUnsynced, now, now())
  const makeRoom = async (bytes: number, error: unknown) => {
    const isFreed = (await options.makeRoom?.(bytes, error)) ?? false
    if (isFreed) writing.points = await readPoints(files, name)
    return isFreed
  }
  const writing: Writing = {
    ...{ files, options: { ...options, makeRoom }, points, logs, isSyncDue },
    seals: new Map(),
    cancel: null,
    isEnvironmentOld: false,
  }
  const queue = createSerialQueue()
  const flush = () => queue(() => settle(writing))
  return {
    time: logs.recorded.time,
    record: (event) => queue(() => record(writing, event, flush)),
    flush,
    saveCheckpoint: (file, bytes) => queue(() => saveCheckpoint(writing, file, bytes)),
    saveResume: (state) => queue(() => saveResume(writing, state)),
    close: () => queue(() => close(writing)),
  }
}
