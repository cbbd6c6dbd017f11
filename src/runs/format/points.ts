/** resume/points.json: the states from which a run resumes. */
import { crc32 } from '../../crc.ts'
import { messageOf } from '../../message.ts'
import type { LoggedUpTo, ResumePoint, ResumePoints } from '../../protocol/run-record.ts'
import { list, object, optional, orNull, pattern, type Shape, wholeAmount } from '../../shape.ts'
import { hash } from '../event-shape.ts'
import { bytesOf, crcOf, encoded } from './blobs.ts'
import type { RunFiles } from './files.ts'
import { jsonText, readJson } from './json-file.ts'
import { logName } from './log.ts'
import { DamageError, RunError } from './run-error.ts'
import { sealedBytes } from './seal.ts'
import { unitsName } from './units.ts'

export const pointsName = 'resume/points.json'

const inFolder = pattern('a file in checkpoints or resume', /^(checkpoints|resume)\/[\w-][\w.-]{0,200}$/)
const sealed = object({ file: inFolder, bytes: wholeAmount, sha256: hash })
const savedStep: Shape = (value, at) => (value === -1 ? null : wholeAmount(value, at))

const pointShape = object({
  step: wholeAmount,
  epoch: wholeAmount,
  batch: wholeAmount,
  weights: sealed,
  momentum: orNull(sealed),
  logs: object({ events: wholeAmount, units: wholeAmount, crc32: optional(wholeAmount) }),
  checkpoint: pattern('a file name or empty', /^([\w-][\w.-]{0,200})?$/),
  savedStep,
  crc32: optional(wholeAmount),
})

const pointsShape = object({ points: list(pointShape) })

/** The points of a value that was read from points.json. Throws RunError. */
export function parsePoints(value: unknown, name: string): readonly ResumePoint[] {
  const problem = pointsShape(value, '')
  if (problem !== null) throw new RunError(`${name}: ${pointsName} has no resume points (${problem}); delete that file`)
  const { points } = value as ResumePoints
  return [...points].sort((a, b) => a.step - b.step)
}

/** The recorded points, ascending by step; none without the file. Rejects with RunError. */
export async function readPoints(files: RunFiles, name: string): Promise<readonly ResumePoint[]> {
  const value = await readJson(files, pointsName, name)
  return value === undefined ? [] : parsePoints(value, name)
}

function checksumOf({ step, epoch, batch, weights, momentum, logs, checkpoint, savedStep }: ResumePoint): number {
  const files = [weights, momentum].map((own) => own && [own.file, own.bytes, own.sha256])
  // Earlier records have no checksum of the events.
  const own = logs.crc32 === undefined ? [] : [logs.crc32]
  const fields = [step, epoch, batch, ...files, logs.events, logs.units, ...own, checkpoint, savedStep]
  return crc32(encoded(JSON.stringify(fields)))
}

/** A point that was read keeps the checksum that it had. */
export const pointsText = (points: readonly ResumePoint[]): string =>
  jsonText({
    format: 2,
    points: points.map((point) => ({ ...point, crc32: point.crc32 ?? checksumOf(point) })),
  } satisfies ResumePoints)

/** Whether a point lies at the end of an epoch, or at the initialization. */
export const isEpochEnd = ({ batch }: ResumePoint): boolean => batch === 0

/** Whether its weights are a checkpoint. */
export const isCheckpoint = ({ weights }: ResumePoint): boolean => weights.file.startsWith('checkpoints/')

/** How many of the newest points are kept, so that one of them may be damaged. */
const newest = 2

/** The points to keep: the newest two, and with `momentum` those of checkpoints, from which a fork goes on exactly. */
export const retained = (points: readonly ResumePoint[], momentum: boolean): readonly ResumePoint[] =>
  points.filter((point, i) => i >= points.length - newest || (momentum && isCheckpoint(point)))

/** The files of points. */
export const filesOf = (points: readonly ResumePoint[]): ReadonlySet<string> =>
  new Set(points.flatMap(({ weights, momentum }) => (momentum ? [weights.file, momentum.file] : [weights.file])))

/** A point and the bytes of its files. */
export interface WholePoint {
  readonly point: ResumePoint
  readonly weights: Uint8Array<ArrayBuffer>
  /** Null for zeros. */
  readonly momentum: Uint8Array<ArrayBuffer> | null
}

const lineBreak = 0x0a

/** A log that has at least the bytes of a point. Rejects with DamageError. */
async function longLog(files: RunFiles, path: string, bytes: number, name: string): Promise<Blob> {
  const log = (await files.read(path)) ?? new Blob()
  if (log.size < bytes) throw new DamageError(`${name}: ${path} has ${log.size} bytes instead of at least ${bytes}`)
  return log
}

/** Requires the logs of a point: its events unchanged, and the length of its units, whose records have their own checksums. */
async function requireLogs(
  files: RunFiles,
  { events, units, crc32: checksum }: LoggedUpTo,
  name: string,
): Promise<void> {
  const log = await longLog(files, logName, events, name)
  const last = await bytesOf(log.slice(Math.max(0, events - 1), events))
  if (events > 0 && last[0] !== lineBreak) throw new DamageError(`${name}: ${logName} does not end a line there`)
  if (checksum !== undefined && (await crcOf(log, events)) !== checksum)
    throw new DamageError(`${name}: the first ${events} bytes of ${logName} are damaged (their checksum is another)`)
  await longLog(files, unitsName, units, name)
}

async function bytesOfFile(files: RunFiles, sealedFile: ResumePoint['weights'], name: string) {
  const bytes = await sealedBytes(files, sealedFile, name)
  if (!bytes) throw new DamageError(`${name}: ${sealedFile.file} is missing`)
  return bytes
}

/** The bytes of a point. Rejects with DamageError where one of its files is missing or damaged, or a log is. */
export async function readPoint(files: RunFiles, point: ResumePoint, name: string): Promise<WholePoint> {
  if (point.crc32 !== undefined && point.crc32 !== checksumOf(point))
    throw new DamageError(`its entry in ${pointsName} is damaged`)
  await requireLogs(files, point.logs, name)
  const weights = await bytesOfFile(files, point.weights, name)
  return { point, weights, momentum: point.momentum && (await bytesOfFile(files, point.momentum, name)) }
}

/**
 * The newest whole point; null where there is none. `skipped` takes a sentence for each newer one. Rejects where the storage
 * fails: the newest point may well be whole.
 */
export async function choosePoint(
  files: RunFiles,
  points: readonly ResumePoint[],
  name: string,
  skipped: (message: string) => void,
): Promise<WholePoint | null> {
  for (const point of points.toReversed()) {
    try {
      return await readPoint(files, point, name)
    } catch (error) {
      if (!(error instanceof DamageError)) throw error
      const reason = messageOf(error).replace(`${name}: `, '')
      skipped(`The resume point of step ${point.step} was skipped: ${reason}.`)
    }
  }
  return null
}
