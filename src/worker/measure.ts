/** Measurements of a run that has ended or pauses, one at a time. Rows go to the page as they are measured. */
import { measure } from '../analysis/measure.ts'
import type { OpenedRun } from '../analysis/open-run.ts'
import type { MeasuredRow } from '../analysis/rows.ts'
import { DeviceError } from '../gpu/device.ts'
import type { Gpu } from '../gpu/read.ts'
import { impactCorrelations } from '../measure/unit-effects.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import type { MeasuredCells, MeasuredTable, Measurement, ProfileMeasurement } from '../protocol/measurement.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { createThrottle } from '../throttle.ts'
import { timeLeftAt } from '../time-left.ts'
import type { SessionHost } from './host.ts'
import { imagesOf, openForMeasuring } from './open-run.ts'
import { throttled } from './post.ts'
import { createProfiles, type ProfileOf } from './profile.ts'
import { drawnFor } from './run-images.ts'
import { createTableWriter, type TableWriter } from './table-writer.ts'
import type { Training } from './training.ts'

type Command<T extends LabCommand['type']> = Extract<LabCommand, { type: T }>
/** The table that a measurement fills. */
const tableOf = { curves: 'curves', effects: 'units', linearity: 'linearity', indices: 'indices' } as const

type MeasureCommand = Command<'measure'>

export interface Measuring {
  readonly measure: (command: MeasureCommand) => void
  readonly cancel: () => void
  readonly isOn: () => boolean
  /** Cancels the current measurement. Resolves once no measurement is running. */
  readonly end: () => Promise<void>
}

interface Surroundings extends Pick<SessionHost, 'post' | 'now' | 'prepareImages' | 'runs' | 'reading'> {
  readonly usableGpu: () => Promise<Gpu>
  readonly training: Pick<Training, 'idle' | 'isActive' | 'started'>
}

interface State extends Surroundings {
  readonly profileOf: ProfileOf
  /** Cancels the current measurement; null while no measurement is running. */
  controller: AbortController | null
  /** Settles when the newest measurement has ended. */
  last: Promise<void>
}

export function createMeasuring(surroundings: Surroundings): Measuring {
  const state: State = { ...surroundings, profileOf: createProfiles(), controller: null, last: Promise.resolve() }
  return {
    measure: (command) => {
      const message = 'Another measurement is running: wait for its end or cancel it.'
      if (state.controller) fail(state, command, message)
      else state.last = run(state, command, new AbortController())
    },
    cancel: () => state.controller?.abort(),
    isOn: () => state.controller !== null,
    end: async () => {
      state.controller?.abort()
      await state.last
    },
  }
}

const fail = ({ post }: State, { request }: MeasureCommand, message: string, cancelled = false) =>
  post({ type: 'measure-failed', request, message, cancelled })

async function run(state: State, command: MeasureCommand, controller: AbortController): Promise<void> {
  const { signal } = controller
  state.controller = controller
  try {
    if (!(await state.training.idle(signal)))
      throw new Error('A run is training: pause it, or measure when it has ended.')
    await answer(state, command, signal)
    state.post({ type: 'measure-finished', request: command.request })
  } catch (error) {
    if (signal.aborted) fail(state, command, 'Cancelled.', true)
    else fail(state, command, failureText(error, state.training.isActive()))
  } finally {
    state.controller = null
    void state.reading.setPace(state.training.isActive() ? 'slow' : 'full')
  }
}

async function answer(state: State, { request, run, measurement }: MeasureCommand, signal: AbortSignal) {
  const { post, usableGpu, training, reading, profileOf } = state
  const images = () =>
    imagesOf(run, training.started(), reading.loaded(), (set, of) => drawnFor(state, of, set, signal))
  const open = async () => openForMeasuring(run, await usableGpu(), await images(), state, signal)
  if (measurement.kind === 'profile') {
    post({ type: 'profile', runId: run.id, profile: await profileOf(open, run.id, measurement, signal) })
    return
  }
  const tables = await tablesOf(state, run.id, measurement)
  await using opened: OpenedRun = await open()
  const rows = createRows(state, run.id, tables)
  try {
    for await (const row of measure(opened, measurement, createProgress(state, request))) rows.add(row)
  } finally {
    rows.flush()
    await tables
      ?.end()
      .catch((error: unknown) => post({ type: 'not-stored', runId: run.id, message: unwritten(error) }))
  }
}

const unwritten = (error: unknown) =>
  `The measurements are not stored with the run: ${messageOf(error)}. They are on the page until you close it; export the run to keep them.`

/**
 * Writes the rows into the run's folder; null for a run that is not stored. Rejects where the folder has a file that is no
 * such table.
 */
async function tablesOf({ runs, now }: State, id: string, { kind }: Exclude<Measurement, ProfileMeasurement>) {
  const files = runs.edit(id)
  const isStored = (await files.list('').catch(() => [])).length > 0
  if (!isStored) return null
  const tables = createTableWriter({ files, now, alone: (work) => runs.aloneWithTables(id, work) })
  await tables.check(tableOf[kind])
  return tables
}

/** The message of a failure, with the cure. A GPU error only fails the measurement; a paused run can still resume. */
function failureText(error: unknown, isRunPaused: boolean): string {
  if (!(error instanceof DeviceError) || error.reason !== 'out-of-memory') return messageOf(error)
  return isRunPaused
    ? 'Not enough GPU memory to measure while the run is paused. Resume or stop the run, or measure after it has ended.'
    : 'Not enough GPU memory for this measurement. Close other pages and programs that use the GPU, then measure again.'
}

/** Milliseconds between two messages of rows. */
const rowsInterval = 250

/** Collects rows, so that thousands do not become as many messages. */
function createRows({ post, now }: Pick<State, 'post' | 'now'>, runId: string, tables: TableWriter | null) {
  let rows: MeasuredCells[] = []
  let current: MeasuredTable | null = null
  const due = createThrottle(rowsInterval, now, now())
  const flush = () => {
    if (current && rows.length > 0) {
      tables?.add(current, rows)
      post({ type: 'measured', runId, table: current, rows })
    }
    rows = []
  }
  const add = ({ table, cells }: MeasuredRow) => {
    if (table !== current) flush()
    current = table
    rows.push(cells)
    if (due()) flush()
  }
  return { add, flush }
}

/** Posts progress at most 20 times a second, and the end. */
function createProgress({ post, now }: Pick<State, 'post' | 'now'>, request: number) {
  const began = now()
  return throttled((done, total) => {
    const left = total > 0 ? timeLeftAt(now() - began, done / total) : null
    post({ type: 'measuring', request, done, total, secondsLeft: left === null ? null : left / 1000 })
  })
}

/** Computes the correlation of impact and selectivity. */
export const correlated = ({ runId, checkpoint, mode, seed, units }: Command<'correlate'>): LabMessage => ({
  type: 'correlated',
  runId,
  checkpoint,
  mode,
  modules: impactCorrelations(units, seed),
})
