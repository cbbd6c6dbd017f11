/** Measurements of a run that has ended, one at a time; rows go to the page as they come. */

import type { Gpu } from '../gpu/read.ts'
import { impactCorrelations } from '../measure/unit-effects.ts'
import { messageOf } from '../message.ts'
import type { LabCommand } from '../protocol/commands.ts'
import type { MeasuredCells, MeasuredTable, Measurement } from '../protocol/measurement.ts'
import type { LabMessage } from '../protocol/messages.ts'
import { imagesOf, type OpenedRun, openRun } from './measured-run.ts'
import { measureAllIndices, measureCurves, measureEffects, measureLinearity, type Tell } from './measurements.ts'
import type { Post } from './post.ts'
import { createProfiles } from './profile.ts'
import type { LoadedSet } from './reading.ts'
import type { Training } from './training.ts'

type Command<T extends LabCommand['type']> = Extract<LabCommand, { type: T }>

export interface Measuring {
  readonly measure: (command: Command<'measure'>) => void
  readonly cancel: () => void
  readonly isOn: () => boolean
  /** Cancels what is going on; resolves when nothing is. */
  readonly end: () => Promise<void>
}

interface Surroundings {
  readonly post: Post
  readonly usableGpu: () => Promise<Gpu>
  readonly training: Pick<Training, 'idle' | 'started'>
  readonly loaded: () => LoadedSet | null
}

/** Milliseconds between two messages of rows. */
const pause = 250

/** Collects rows, so that thousands do not come one by one. */
function createRows(post: Post, runId: string) {
  let rows: MeasuredCells[] = []
  let held: MeasuredTable | null = null
  let last = performance.now()
  const flush = () => {
    if (held && rows.length > 0) post({ type: 'measured', runId, table: held, rows })
    rows = []
    last = performance.now()
  }
  const row = (table: MeasuredTable, cells: MeasuredCells) => {
    if (table !== held) flush()
    held = table
    rows.push(cells)
    if (performance.now() - last > pause) flush()
  }
  return { row, flush }
}

/** Too little of the work says too little of the rest. */
const fewest = 0.02

function createProgress(post: Post, request: number): Tell['progress'] {
  const began = performance.now()
  let last = 0
  return (done, total) => {
    const now = performance.now()
    if (now - last < 50 && done !== total) return
    last = now
    const left = done < fewest ? null : ((now - began) / 1000) * (total / done - 1)
    post({ type: 'measuring', request, done, total, secondsLeft: left })
  }
}

export function createMeasuring({ post, usableGpu, training, loaded }: Surroundings): Measuring {
  let controller: AbortController | null = null
  let last = Promise.resolve()
  const profileOf = createProfiles()

  async function work({ request, run, measurement }: Command<'measure'>, signal: AbortSignal): Promise<void> {
    let opened: OpenedRun | null = null
    const open = async () => {
      opened = await openRun(run, await usableGpu(), imagesOf(run, training.started(), loaded()), signal)
      return opened
    }
    const rows = createRows(post, run.id)
    const tell = { row: rows.row, progress: createProgress(post, request) }
    try {
      if (measurement.kind === 'profile') {
        const profile = await profileOf(open, run.id, measurement, signal)
        post({ type: 'profile', runId: run.id, profile })
      } else await fill(await open(), measurement, tell)
    } finally {
      rows.flush()
      closeOf(opened)?.()
    }
  }

  async function measure(command: Command<'measure'>, own: AbortController): Promise<void> {
    const { request } = command
    const fail = (message: string, cancelled = false) => post({ type: 'measure-failed', request, message, cancelled })
    controller = own
    try {
      if (!(await training.idle(own.signal)))
        throw new Error('A run is going on: pause it, or measure when it has ended.')
      await work(command, own.signal)
      post({ type: 'measure-finished', request })
    } catch (error) {
      if (own.signal.aborted) fail('Cancelled.', true)
      else fail(messageOf(error))
    } finally {
      controller = null
    }
  }

  return {
    measure: (command) => {
      const message = 'Another measurement is going on: wait for its end or cancel it.'
      if (controller) post({ type: 'measure-failed', request: command.request, message, cancelled: false })
      else last = measure(command, new AbortController())
    },
    cancel: () => controller?.abort(),
    isOn: () => controller !== null,
    end: async () => {
      controller?.abort()
      await last
    },
  }
}

/** TypeScript does not follow what a callback assigns. */
const closeOf = (opened: OpenedRun | null) => opened?.close

function fill(run: OpenedRun, measurement: Exclude<Measurement, { kind: 'profile' }>, tell: Tell): Promise<void> {
  switch (measurement.kind) {
    case 'curves':
      return measureCurves(run, measurement, tell)
    case 'effects':
      return measureEffects(run, measurement, tell)
    case 'linearity':
      return measureLinearity(run, measurement, tell)
    case 'indices':
      return measureAllIndices(run, measurement, tell)
    default:
      return measurement satisfies never
  }
}

/** How impact goes with selectivity. */
export const correlated = ({ runId, checkpoint, mode, seed, units }: Command<'correlate'>): LabMessage => ({
  type: 'correlated',
  runId,
  checkpoint,
  mode,
  modules: impactCorrelations(units, seed),
})
