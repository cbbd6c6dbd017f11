/** The record of a run that trains: its folder in the browser's storage, and what the page gets of it. */
import { messageOf } from '../message.ts'
import type { EndEvent, LoggedEvent, RunEvent, WarningEvent } from '../protocol/run-events.ts'
import type { ResumeState, RunInfo } from '../protocol/run-record.ts'
import type { WritableRunFiles } from '../runs/format/files.ts'
import { logName } from '../runs/format/log.ts'
import { openRunReader } from '../runs/format/reader.ts'
import { openRunWriter, type RunWriter } from '../runs/format/writer.ts'
import { isStorageFull } from '../runs/opfs/refusal.ts'
import { createFacts, droppedText, type GrowingFacts } from '../runs/opfs/space-policy.ts'
import type { SessionHost } from './host.ts'
import { dropFiles } from './make-room.ts'
import { unstoredFiles } from './unstored-files.ts'

export interface RunRecord {
  /** Records an event, and posts it once it is in the log. Never rejects: what the storage refuses waits in memory. */
  readonly record: (event: RunEvent) => Promise<void>
  readonly saveCheckpoint: (file: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  /** Saves a resume point, and tells the page. */
  readonly saveResume: (state: ResumeState) => Promise<void>
  /** Milliseconds of the host's clock at which the newest resume point was saved, or the record was opened. */
  readonly savedAt: () => number
  /** Records a warning with the next event. */
  readonly note: (message: string) => void
  /** Records the run's end, closes the files, and only then posts the end. Never rejects. */
  readonly finish: (end: EndEvent) => Promise<void>
  /** Closes the files. Never rejects. */
  readonly close: () => Promise<void>
}

export interface RecordOptions extends Pick<SessionHost, 'post' | 'now' | 'runs'> {
  readonly id: string
  readonly name: string
  readonly files: WritableRunFiles
  /** Written where the folder has none. */
  readonly info?: RunInfo
}

interface Writing extends RecordOptions {
  readonly facts: GrowingFacts
  /** Host's clock at the run's start. */
  began: number
  /** The moment of the newest event. */
  last: { step: number; epoch: number }
  /** The newest event as the log has it. */
  logged: { event: LoggedEvent; units: Uint8Array<ArrayBuffer> | null } | null
  /** Whether the page knows that the storage refuses events. */
  isRefused: boolean
  savedAt: number
  /** Warnings that the log does not have yet. */
  readonly notes: string[]
}

const advice =
  'The run goes on, and the page keeps what it records: export the run before you close the page, or free some space.'

const reasonOf = (error: unknown): string => (isStorageFull(error) ? 'the browser’s storage is full' : messageOf(error))

/** Tells the page once that the record is not on the disk, and why. */
function refused(writing: Writing, error: unknown): void {
  if (writing.isRefused) return
  writing.isRefused = true
  const message = `The run is not being stored: ${reasonOf(error)}. ${advice}`
  writing.post({ type: 'not-stored', runId: writing.id, message })
}

async function postSpace({ runs, post }: Pick<RecordOptions, 'runs' | 'post'>): Promise<void> {
  const space = await runs.space()
  if (space) post({ type: 'storage', ...space })
}

async function makeRoom(writing: Writing, bytes: number): Promise<boolean> {
  const { files, facts, name, notes } = writing
  const dropped = await dropFiles(files, facts, bytes, name)
  if (dropped.length === 0) return false
  facts.drop(new Set(dropped.flatMap((one) => one.files)))
  notes.push(droppedText(dropped))
  return true
}

/** The facts of a run that goes on. A fork's log names checkpoints of its parent, which it does not have. */
async function readFacts(facts: GrowingFacts, files: WritableRunFiles, name: string): Promise<void> {
  if (!(await files.read(logName))?.size) return
  const there = new Set((await files.list('checkpoints')).map((file) => file.name))
  const run = await openRunReader(files, name)
  for await (const event of run.events({ skip: () => {} }))
    if (event.type !== 'checkpoint' || there.has(event.file)) facts.add(event)
}

/** Records one event; returns how to post it. */
async function recordOne(writing: Writing, writer: RunWriter, event: RunEvent): Promise<() => void> {
  const { facts, post, now } = writing
  const time = Math.round(writer.time + now() - writing.began)
  writing.last = {
    step: event.type === 'start' ? event.fromStep : event.step,
    epoch: 'epoch' in event ? event.epoch : 0,
  }
  try {
    await writer.record({ ...event, time })
    if (writing.isRefused) post({ type: 'not-stored', runId: writing.id, message: null })
    writing.isRefused = false
  } catch (error) {
    refused(writing, error)
  }
  const logged = writing.logged
  if (!logged) return () => {}
  facts.add(logged.event)
  // A copy: the record may still wait in memory for room.
  const units = logged.units?.slice()
  if (!units) return () => post({ type: 'event', event: logged.event })
  return () => post({ type: 'event', event: logged.event, units }, [units.buffer])
}

/** The warnings that wait. */
async function recordNotes(writing: Writing, record: (event: RunEvent) => Promise<void>): Promise<void> {
  if (writing.notes.length === 0) return
  const warnings = writing.notes
    .splice(0)
    .map((message): WarningEvent => ({ type: 'warning', ...writing.last, message }))
  for (const warning of warnings) await record(warning)
  await postSpace(writing)
}

const newWriting = (options: RecordOptions): Writing => ({
  ...options,
  facts: createFacts(),
  began: options.now(),
  last: { step: 0, epoch: 0 },
  logged: null,
  isRefused: false,
  savedAt: options.now(),
  notes: [],
})

const openWriter = (writing: Writing): Promise<RunWriter> =>
  openRunWriter(writing.files, {
    name: writing.name,
    now: writing.now,
    info: writing.info,
    makeRoom: async (bytes, error) => isStorageFull(error) && makeRoom(writing, bytes),
    notice: () => {},
    onLogged: (event, units) => {
      writing.logged = { event, units }
    },
  })

async function saveResume(writing: Writing, writer: RunWriter, state: ResumeState): Promise<void> {
  const { id, now, post } = writing
  writing.savedAt = now()
  await writer.saveResume(state)
  writing.savedAt = now()
  post({ type: 'resume-point', runId: id, step: state.step, epoch: state.epoch })
}

async function closeWriter(writing: Writing, writer: RunWriter): Promise<void> {
  try {
    await writer.close()
  } catch (error) {
    refused(writing, error)
  }
  await postSpace(writing)
}

/** Opens the record of a new run, or of one that goes on. Rejects where the folder cannot be written. */
export async function openRecord(options: RecordOptions): Promise<RunRecord> {
  const writing = newWriting(options)
  await readFacts(writing.facts, options.files, options.name)
  const writer = await openWriter(writing)
  void postSpace(options)
  const recordAll = async (event: RunEvent) => {
    const postIt = await recordOne(writing, writer, event)
    postIt()
  }
  const close = () => closeWriter(writing, writer)
  return {
    record: async (event) => {
      await recordAll(event)
      await recordNotes(writing, recordAll)
      if (event.type === 'checkpoint') void postSpace(options)
    },
    saveCheckpoint: writer.saveCheckpoint,
    saveResume: (state) => saveResume(writing, writer, state),
    savedAt: () => writing.savedAt,
    note: (message) => {
      writing.notes.push(message)
    },
    finish: async (end) => {
      await recordNotes(writing, recordAll)
      const postEnd = await recordOne(writing, writer, end)
      await close()
      postEnd()
    },
    close,
  }
}

/** The record of a new run, which trains all the same where its folder cannot be written: the page is then told. */
export async function openNewRecord(options: RecordOptions): Promise<{ record: RunRecord; isStored: boolean }> {
  try {
    return { record: await openRecord(options), isStored: true }
  } catch (error) {
    const { id, post } = options
    post({ type: 'not-stored', runId: id, message: `The run is not being stored: ${reasonOf(error)}. ${advice}` })
    const files = unstoredFiles(reasonOf(error))
    return { record: await openRecord({ ...options, files, info: undefined }), isStored: false }
  }
}
