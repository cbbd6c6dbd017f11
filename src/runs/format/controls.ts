/**
 * resume/controls.json: what earlier attempts recorded of the steps behind the point that a run resumes from. The log is cut
 * there; the run takes these steps again with the same control.
 */
import type { LoggedEvent } from '../../protocol/run-events.ts'
import type { RecordedControl } from '../../protocol/run-record.ts'
import { finite, flag, list, object, wholeAmount } from '../../shape.ts'
import { lineProblem } from '../event-shape.ts'
import type { RunFiles } from './files.ts'
import { jsonText, readJson } from './json-file.ts'
import { RunError } from './run-error.ts'

export const controlsName = 'resume/controls.json'

export interface Kept {
  /** Ascending by step. */
  readonly controls: readonly RecordedControl[]
  /** Events of earlier beginnings at the same step: that it resumed, and why, and that it has other images. */
  readonly events: readonly LoggedEvent[]
}

const shape = object({
  controls: list(object({ step: wholeAmount, held: flag, alpha: finite })),
  events: list((value, at) => {
    const problem = lineProblem(value)
    return problem === null ? null : `${at}: ${problem}`
  }),
})

/** What a value, read from controls.json, keeps. Throws RunError. */
export function parseKept(value: unknown, name: string): Kept {
  const problem = shape(value, '')
  if (problem !== null) throw new RunError(`${name}: ${controlsName} has no controls (${problem}); delete that file`)
  return value as Kept
}

/** Nothing is kept without the file. Rejects with RunError. */
export async function readKept(files: RunFiles, name: string): Promise<Kept> {
  const value = await readJson(files, controlsName, name)
  return value === undefined ? { controls: [], events: [] } : parseKept(value, name)
}

export const keptText = ({ controls, events }: Kept): string => jsonText({ format: 2, controls, events })

/** The control of a step event; null for other events. */
export const controlOf = (event: LoggedEvent): RecordedControl | null =>
  event.type === 'step' ? { step: event.step, held: event.held, alpha: event.alpha } : null

/** Whether an event belongs to a beginning at a step: a start there, or the change of images that follows it. */
const isBeginningAt = (event: LoggedEvent, step: number) =>
  (event.type === 'start' && event.fromStep === step) || (event.type === 'data' && event.step === step)

const distinct = (events: readonly LoggedEvent[]): LoggedEvent[] => [
  ...new Map(events.map((event) => [JSON.stringify(event), event])).values(),
]

const isSame = (one: RecordedControl | undefined, other: RecordedControl) =>
  one === undefined || (one.held === other.held && one.alpha === other.alpha)

/** Adds a control, in place. One that differs from what an earlier attempt recorded also replaces that of all later steps. */
function put(controls: Map<number, RecordedControl>, control: RecordedControl): void {
  const before = controls.get(control.step)
  controls.set(control.step, control)
  if (isSame(before, control)) return
  for (const step of [...controls.keys()]) if (step > control.step) controls.delete(step)
}

/** Adds the events behind a point to what earlier interruptions kept, and leaves out what lies before the point. */
export async function keptBehind(step: number, before: Kept, tail: AsyncIterable<LoggedEvent>): Promise<Kept> {
  const controls = new Map(before.controls.map((control) => [control.step, control]))
  const events = [...before.events]
  for await (const event of tail) {
    const control = controlOf(event)
    if (control) put(controls, control)
    events.push(...(isBeginningAt(event, step) ? [event] : []))
  }
  const later = [...controls.values()].filter((control) => control.step > step)
  return {
    controls: later.sort((a, b) => a.step - b.step),
    events: distinct(events.filter((event) => isBeginningAt(event, step))),
  }
}

/** The controls of all recorded steps, with which a repetition trains. */
export async function controlsOf(events: AsyncIterable<LoggedEvent>): Promise<RecordedControl[]> {
  const controls: RecordedControl[] = []
  for await (const event of events) {
    const control = controlOf(event)
    if (control) controls.push(control)
  }
  return controls
}
