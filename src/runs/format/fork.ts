/** Makes the folder of a fork: a run that begins with the state and the record of another one. */
import { parseConfig, type RunConfig } from '../../config/config.ts'
import { messageOf } from '../../message.ts'
import type { ForkFrom } from '../../protocol/commands.ts'
import type { CheckpointEvent } from '../../protocol/run-events.ts'
import type { ResumePoint, RunInfo, RunParent } from '../../protocol/run-record.ts'
import { controlsName, keptText } from './controls.ts'
import type { WritableRunFiles } from './files.ts'
import { converted, cutAt, readLegacyMomentum } from './format-1.ts'
import { writeInfo } from './info.ts'
import { blobAt, jsonText } from './json-file.ts'
import { type LogLine, logName } from './log.ts'
import { pointsName, pointsText, readPoint, type WholePoint } from './points.ts'
import { checkpointPath, type RunReader } from './reader.ts'
import { type Logs, upTo } from './rewrite.ts'
import { RunError } from './run-error.ts'
import { sealOf } from './seal.ts'
import { recordBytes, unitsName } from './units.ts'

/** A state of the parent, and how far its logs belong to the fork. */
export interface ForkStart extends WholePoint {
  /** The lines of a record of format 1, which the fork converts; null where the bytes are copied. */
  readonly lines: readonly LogLine[] | null
}

const isAt = (point: ResumePoint, from: ForkFrom) =>
  'step' in from ? point.step === from.step : point.weights.file === checkpointPath(from.checkpoint)

/** The lines of the log behind which a checkpoint lies. */
async function linesTo(parent: RunReader, { file, step, bytes }: CheckpointEvent): Promise<readonly LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of parent.lines()) lines.push(line)
  const cut = cutAt(lines, { file, step }, bytes)
  if (!cut) throw new RunError(`${parent.name}: ${logName} ends before step ${step} of ${file}`)
  return cut.lines
}

/** The momentum of a run of format 1, where it belongs to the checkpoint. */
async function legacyMomentum({ files, name }: RunReader, file: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const saved = await readLegacyMomentum(files, name)
  return saved?.file === file ? saved.momentum : null
}

/** The state of a checkpoint that has no resume point. */
async function checkpointStart(parent: RunReader, file: string): Promise<ForkStart> {
  const saved = (await parent.checkpoints()).find((checkpoint) => checkpoint.file === file)
  const weights = saved && (await parent.checkpoint(saved))
  if (!saved || !weights) throw new RunError(`${parent.name} has no checkpoint ${file}`)
  const lines = await linesTo(parent, saved)
  const { step, epoch } = saved
  const whole = Math.floor(epoch + 1e-6)
  const batch = Math.round((epoch - whole) * parent.start.stepsPerEpoch)
  const momentum = await legacyMomentum(parent, file)
  const last = lines[lines.length - 1]
  const records = lines.filter(({ event }) => event.type === 'probe' && event.units?.kind === 'record').length
  const point: ResumePoint = {
    ...{ step, epoch: whole, batch, checkpoint: file, savedStep: step },
    weights: await sealOf(checkpointPath(file), weights),
    momentum: momentum && (await sealOf(momentumPath(file), momentum)),
    logs: { events: last.at + last.bytes, units: records * recordBytes(parent.start.sites) },
  }
  const isOld = lines.some(({ event }) => event.type === 'probe' && event.units?.kind === 'line')
  return { point, weights, momentum, lines: isOld ? lines : null }
}

const momentumPath = (file: string) => `resume/${file.replace(/\.safetensors$/, '')}.momentum.safetensors`

const choices = (points: readonly ResumePoint[], checkpoints: readonly CheckpointEvent[]) => {
  const named = [...points.map(({ step }) => `step ${step}`), ...checkpoints.map(({ file }) => file)]
  return named.length === 0 ? 'it has none' : `it has ${named.join(', ')}`
}

/**
 * The state of a run that a fork begins with. Rejects with RunError, which lists the states that the run has, where there is
 * no such state, and where its files are damaged.
 */
export async function readFork(parent: RunReader, from: ForkFrom): Promise<ForkStart> {
  const points = await parent.points()
  const checkpoints = await parent.checkpoints()
  const saved = checkpoints.find((own) => ('step' in from ? own.step === from.step : own.file === from.checkpoint))
  // A run that was stopped within an epoch has a checkpoint and, of the same step, a point with the momentum.
  const point = points.find((own) => isAt(own, from)) ?? points.find(({ step }) => step === saved?.step)
  if (point) {
    try {
      return { ...(await readPoint(parent.files, point, parent.name)), lines: null }
    } catch (error) {
      throw error instanceof RunError ? error : new RunError(`${parent.name}: ${messageOf(error)}`)
    }
  }
  if (saved) return checkpointStart(parent, saved.file)
  const wanted = 'step' in from ? `after step ${from.step}` : `in ${from.checkpoint}`
  throw new RunError(`${parent.name} has no state ${wanted} to fork from; ${choices(points, checkpoints)}`)
}

/** How the fork's record names its parent. */
export const parentOf = (parent: RunReader, { point, momentum }: ForkStart): RunParent => ({
  kind: 'fork',
  id: parent.info?.id ?? '',
  name: parent.info?.name ?? parent.start.config.name,
  step: point.step,
  epoch: point.epoch + point.batch / parent.start.stepsPerEpoch,
  momentum: momentum ? 'kept' : 'zero',
})

/** The parent's logs up to the state. */
async function logsOf(parent: RunReader, { point, lines }: ForkStart): Promise<Logs> {
  const { files, name } = parent
  if (lines) {
    return converted(
      parent,
      lines.map(({ event }) => event),
    )
  }
  const [events, units] = [await blobAt(files, logName, name), await blobAt(files, unitsName, name)]
  return {
    events: events?.slice(0, point.logs.events) ?? new Blob(),
    units: units?.slice(0, point.logs.units) ?? new Blob(),
  }
}

/** The parent's configuration at the state. */
async function configAt(parent: RunReader, { logs }: ResumePoint): Promise<RunConfig> {
  let { config } = parent.start
  for await (const { event, at } of parent.lines({ skip: () => {} })) {
    if (at >= logs.events) break
    if (event.type === 'start') config = event.config
  }
  return parseConfig(config)
}

/** A fork with another schedule follows it from its first step on, also where the parent held α. */
async function controlsFor(parent: RunReader, { point, lines }: ForkStart, own: RunConfig): Promise<string | null> {
  const last = lines?.findLast(({ event }) => event.type === 'start')?.event
  const before = last?.type === 'start' ? parseConfig(last.config) : await configAt(parent, point)
  if (JSON.stringify(own.regularizer.schedule) === JSON.stringify(before.regularizer.schedule)) return null
  return keptText({ controls: [{ step: point.step + 1, held: false, alpha: 0 }], events: [] })
}

export interface Fork {
  readonly info: RunInfo
  readonly config: RunConfig
}

/**
 * Makes the folder of a fork, from which it then resumes like any run: `prepareResume`, then its writer and its training. The
 * log comes last, so that the folder has no run before everything is there. Rejects with RunError, or where the storage
 * refuses.
 */
export async function forkInto(
  parent: RunReader,
  start: ForkStart,
  files: WritableRunFiles,
  { info, config }: Fork,
): Promise<void> {
  const { point, weights, momentum } = start
  const logs = await logsOf(parent, start)
  const controls = await controlsFor(parent, start, config)
  // What a failed beginning left must not become a part of this run.
  await (controls === null ? files.remove(controlsName) : files.replace(controlsName, controls))
  await files.replace(point.weights.file, weights)
  if (point.momentum && momentum) await files.replace(point.momentum.file, momentum)
  const own = { ...point, logs: await upTo(logs), crc32: undefined }
  await files.replace(pointsName, pointsText([own]))
  await files.replace('config.json', jsonText(config))
  await files.replace(unitsName, logs.units)
  await writeInfo(files, info)
  await files.replace(logName, logs.events)
}
