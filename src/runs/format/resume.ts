/** Prepares the folder of an interrupted run, so that its writer and its training go on from a resume point. */
import { messageOf } from '../../message.ts'
import type { LoggedEvent } from '../../protocol/run-events.ts'
import type { RecordedControl, ResumePoint } from '../../protocol/run-record.ts'
import { controlOf, controlsName, type Kept, keptBehind, keptText, readKept } from './controls.ts'
import type { WritableRunFiles } from './files.ts'
import { convertFormat1, isMeasured, legacyMomentum } from './format-1.ts'
import { lineOf, logName } from './log.ts'
import { choosePoint, isEpochEnd, pointsName, pointsText, readPoints, type WholePoint } from './points.ts'
import { openRunReader, type RunReader } from './reader.ts'
import { RunError } from './run-error.ts'
import { unitsName } from './units.ts'

export interface Prepared extends WholePoint {
  /**
   * What earlier attempts recorded of the steps behind the point, which the run repeats, ascending by step; else that of the
   * step before it. The run goes on with the last one.
   */
  readonly controls: readonly RecordedControl[]
  /** Whether the log has the evaluation and the probe of the point; a record of format 1 may lack them. */
  readonly measured: boolean
  /** A sentence for each damaged point or line that was skipped. */
  readonly messages: readonly string[]
}

export interface PrepareOptions {
  /** Only a point at the end of an epoch: the images have changed, so no epoch can go on with them. */
  readonly epochEnds?: boolean
}

const cure = 'train into a new folder'

/** The whole point that a run resumes from. Rejects with RunError where there is none. */
async function wholePoint(
  files: WritableRunFiles,
  name: string,
  { epochEnds = false }: PrepareOptions,
  skipped: (message: string) => void,
): Promise<WholePoint> {
  const points = await readPoints(files, name)
  const allowed = points.filter((point) => !epochEnds || isEpochEnd(point))
  let newest = ''
  const found = await choosePoint(files, allowed, name, (message) => {
    newest ||= message
    skipped(message)
  })
  if (found) return found
  if (points.length === 0) throw new RunError(`${name} has no state to resume from; ${cure}`)
  if (allowed.length === 0)
    throw new RunError(
      `${name} has no state at the end of an epoch, and only from there it can go on with other images`,
    )
  throw new RunError(`${name} has no state to resume from that is whole. ${newest} Restore the file, or ${cure}`)
}

async function* eventsBehind(run: RunReader, { logs }: ResumePoint, skip: (problem: string) => void) {
  for await (const { event } of run.lines({ from: logs.events, skip })) yield event
}

/** The control of the newest step before a point; null before the first step. */
async function controlBefore(run: RunReader, { logs }: ResumePoint): Promise<RecordedControl | null> {
  let newest: RecordedControl | null = null
  for await (const { event, at } of run.lines({ skip: () => {} })) {
    if (at >= logs.events) break
    newest = controlOf(event) ?? newest
  }
  return newest
}

/** Cuts a log. */
async function cut(files: WritableRunFiles, path: string, bytes: number, added = ''): Promise<void> {
  const log = await files.append(path, bytes)
  try {
    if (added !== '') log.append(added)
    log.sync()
  } finally {
    log.close()
  }
}

/** Cuts the logs behind a point; what is needed of the rest is on the disk by then. */
async function cutLogs(files: WritableRunFiles, { logs }: ResumePoint, events: readonly LoggedEvent[]): Promise<void> {
  await cut(files, logName, logs.events, events.map(lineOf).join(''))
  await cut(files, unitsName, logs.units)
}

async function keepAndCut(files: WritableRunFiles, name: string, { point }: WholePoint, kept: Kept): Promise<void> {
  await files.replace(controlsName, keptText(kept))
  const points = (await readPoints(files, name)).filter(({ step }) => step <= point.step)
  await files.replace(pointsName, pointsText(points))
  await cutLogs(files, point, kept.events)
}

/**
 * Chooses the newest whole point, keeps what was recorded of the steps behind it, and cuts the logs there. A crash at any
 * moment, also within this function, leaves a folder that it prepares again with the same result. A folder of format 1
 * becomes one of this format. Rejects with RunError where there is no point, or the storage refuses.
 */
export async function prepareResume(
  files: WritableRunFiles,
  name: string,
  options: PrepareOptions = {},
): Promise<Prepared> {
  const messages: string[] = []
  const note = (message: string) => void messages.push(message)
  try {
    if ((await readPoints(files, name)).length === 0) await convertFormat1(files, name, note)
    const whole = await wholePoint(files, name, options, note)
    const run = await openRunReader(files, name)
    const before = await readKept(files, name)
    const behind = `behind the resume point`
    const skip = (problem: string) => note(`${behind}, ${problem}`)
    const kept = await keptBehind(whole.point.step, before, eventsBehind(run, whole.point, skip))
    await keepAndCut(files, name, whole, kept)
    const measured = whole.point.momentum?.file !== legacyMomentum || (await isMeasured(run, whole.point.step))
    // Where nothing is recorded behind the point, the user's control is that of the step before it.
    const last = kept.controls.length > 0 ? null : await controlBefore(run, whole.point)
    return { ...whole, controls: last ? [last] : kept.controls, measured, messages }
  } catch (error) {
    throw error instanceof RunError
      ? error
      : new RunError(`${name}: cannot resume (${messageOf(error)})`, { cause: error })
  }
}
