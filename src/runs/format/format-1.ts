/**
 * Converts a run of format 1, which can only resume at the end of an epoch: from the newest checkpoint and
 * `resume/momentum.safetensors`, which names it. Its probes have their units in events.jsonl.
 */
import type { CheckpointEvent, LoggedEvent } from '../../protocol/run-events.ts'
import type { LoggedUpTo } from '../../protocol/run-record.ts'
import { bytesOf, crcOf } from './blobs.ts'
import { controlsName, keptBehind, keptText, readKept } from './controls.ts'
import type { RunFiles, WritableRunFiles } from './files.ts'
import { blobAt } from './json-file.ts'
import { type LogLine, logName } from './log.ts'
import { pointsName, pointsText } from './points.ts'
import { checkpointPath, openRunReader, type RunReader } from './reader.ts'
import { type Logs, rewritten, upTo } from './rewrite.ts'
import { RunError } from './run-error.ts'
import { sealOf } from './seal.ts'
import { recordBytes, unitsName } from './units.ts'

export const legacyMomentum = 'resume/momentum.safetensors'

/** Bytes of the longest header; that of a ResNet-50 has 20 kB. */
const longestHeader = 2 ** 24

/** The metadata of a safetensors file. Throws RangeError. */
export async function metadataOf(file: Blob): Promise<Readonly<Record<string, unknown>>> {
  const head = new DataView(await file.slice(0, 8).arrayBuffer())
  const length = head.byteLength === 8 ? Number(head.getBigUint64(0, true)) : longestHeader + 1
  if (length > longestHeader || length > file.size - 8) throw new RangeError('it is no safetensors file')
  const header: unknown = JSON.parse(await file.slice(8, 8 + length).text())
  const metadata = typeof header === 'object' && header !== null && '__metadata__' in header && header.__metadata__
  return typeof metadata === 'object' && metadata !== null ? { ...metadata } : {}
}

interface Saved {
  readonly step: number
  readonly file: string
  readonly momentum: Uint8Array<ArrayBuffer>
}

/** The step and the checkpoint that the momentum belongs to; null without it. Rejects with RunError. */
export async function readLegacyMomentum(files: RunFiles, name: string): Promise<Saved | null> {
  const blob = await blobAt(files, legacyMomentum, name)
  if (!blob) return null
  const { step, checkpoint: file } = await metadataOf(blob).catch(() => ({ step: '', checkpoint: '' }))
  const steps = typeof step === 'string' && /^\d{1,15}$/.test(step) ? Number(step) : -1
  if (steps < 0 || typeof file !== 'string' || !/^[\w-][\w.-]*$/.test(file))
    throw new RunError(`${name}: cannot use ${legacyMomentum}: it does not name its step and its checkpoint`)
  return { step: steps, file, momentum: await bytesOf(blob) }
}

/** The lines up to a checkpoint. */
interface Cut {
  readonly lines: readonly LogLine[]
  /** Of a checkpoint that the log lacks, because the run was interrupted between saving and recording it. */
  readonly added: readonly LoggedEvent[]
}

/**
 * Cuts a log behind a checkpoint. One that was stopped before the evaluation or the probe ended is cut behind the
 * checkpoint's step. Null where the log does not reach the checkpoint.
 */
export function cutAt(
  lines: readonly LogLine[],
  { file, step }: Pick<Saved, 'file' | 'step'>,
  bytes: number,
): Cut | null {
  const last = (is: (event: LoggedEvent) => boolean) => lines.findLastIndex(({ event }) => is(event))
  const at = (type: LoggedEvent['type']) =>
    last((event) => event.type === type && 'step' in event && event.step === step)
  const [evaluation, probe] = [at('evaluation'), at('probe')]
  if (evaluation < 0 || probe < 0) {
    const taken = at('step')
    return taken < 0 ? null : { lines: lines.slice(0, taken + 1), added: [] }
  }
  const saved = last((event) => event.type === 'checkpoint' && event.file === file)
  const saving = last((event) => event.type === 'activity' && event.activity === 'saving' && event.step === step)
  const own = lines.slice(0, Math.max(saved >= 0 ? saved : saving, evaluation, probe) + 1)
  if (saved >= 0) return { lines: own, added: [] }
  const { epoch } = lines[probe].event as Extract<LoggedEvent, { type: 'probe' }>
  const event: CheckpointEvent & { time: number } = {
    ...{ type: 'checkpoint', step, epoch, file, bytes },
    time: own[own.length - 1].event.time,
  }
  return { lines: own, added: [event] }
}

/** Whether the log has the evaluation and the probe of a step. */
export async function isMeasured(run: RunReader, step: number): Promise<boolean> {
  const found = new Set<string>()
  for await (const event of run.events({ skip: () => {} }))
    if ((event.type === 'evaluation' || event.type === 'probe') && event.step === step) found.add(event.type)
  return found.size === 2
}

/** The logs of these lines in this format. Rejects with RunError for damaged units. */
export const converted = (run: RunReader, events: readonly LoggedEvent[]): Promise<Logs> =>
  rewritten(events, { layout: run.start.sites, read: run.units })

/** The lines before the first damaged one. */
async function wholeLines(run: RunReader): Promise<{ lines: LogLine[]; damage: string | null }> {
  const lines: LogLine[] = []
  let damage: string | null = null
  for await (const line of run.lines({ skip: (problem) => (damage ??= problem) })) {
    if (damage !== null) break
    lines.push(line)
  }
  return { lines, damage }
}

const isOld = ({ event }: LogLine) => event.type === 'probe' && event.units?.kind === 'line'
const hasRecord = ({ event }: LogLine) => event.type === 'probe' && event.units?.kind === 'record'

/**
 * Replaces the logs by those up to the checkpoint, unless an interrupted conversion has done so. units.bin comes first, of
 * which the log in the earlier format knows nothing. Resolves to the lengths.
 */
async function replaceLogs(files: WritableRunFiles, run: RunReader, cut: Cut): Promise<LoggedUpTo> {
  const units = cut.lines.filter(hasRecord).length
  if (units > 0 && !cut.lines.some(isOld)) {
    const { at, bytes } = cut.lines[cut.lines.length - 1]
    const log = await blobAt(files, logName, run.name)
    const crc32 = await crcOf(log ?? new Blob(), at + bytes)
    return { events: at + bytes, units: units * recordBytes(run.start.sites), crc32 }
  }
  const logs = await converted(run, [...cut.lines.map(({ event }) => event), ...cut.added])
  await files.replace(unitsName, logs.units)
  await files.replace(logName, logs.events)
  return upTo(logs)
}

const epochOf = (lines: readonly LogLine[], step: number): number => {
  const last = lines.findLast(({ event }) => 'step' in event && event.step === step)?.event
  return last && 'epoch' in last ? Math.round(last.epoch) : 0
}

/** The checkpoint of the momentum, and the log up to it. Rejects with RunError. */
async function savedState(files: RunFiles, run: RunReader, saved: Saved, note: (message: string) => void) {
  const { name } = run
  const path = checkpointPath(saved.file)
  const blob = await blobAt(files, path, name)
  if (!blob)
    throw new RunError(`${name}: ${path} is missing, and the run can only resume from there; train into a new folder`)
  const { lines, damage } = await wholeLines(run)
  const cut = cutAt(lines, saved, blob.size)
  if (!cut && damage !== null)
    throw new RunError(
      `${name}: ${damage.replace(' and was left out', '')}, and ${saved.file} comes after it; delete that line to go on without it, or train into a new folder`,
    )
  if (!cut)
    throw new RunError(`${name}: ${logName} ends before step ${saved.step} of ${saved.file}; train into a new folder`)
  if (damage !== null) note(`The run goes on from ${saved.file}, which comes before the damage: ${damage}.`)
  return { cut, weights: await sealOf(path, await bytesOf(blob)) }
}

/**
 * Converts a run that can resume to this format, up to its checkpoint; leaves other runs as they are. A crash at any moment
 * leaves a folder that converts again. `note` takes messages. Rejects with RunError, or where the storage refuses.
 */
export async function convertFormat1(
  files: WritableRunFiles,
  name: string,
  note: (message: string) => void,
): Promise<void> {
  const saved = await readLegacyMomentum(files, name)
  if (!saved) return
  const run = await openRunReader(files, name)
  const { cut, weights } = await savedState(files, run, saved, note)
  const last = cut.lines[cut.lines.length - 1]
  const behind = run.lines({ from: last.at + last.bytes, skip: () => {} })
  const events = (async function* () {
    for await (const { event } of behind) yield event
  })()
  await files.replace(controlsName, keptText(await keptBehind(saved.step, await readKept(files, name), events)))
  const logs = await replaceLogs(files, run, cut)
  const momentum = await sealOf(legacyMomentum, saved.momentum)
  const { step, file } = saved
  const position = { step, epoch: epochOf(cut.lines, step), batch: 0, checkpoint: file, savedStep: step }
  await files.replace(pointsName, pointsText([{ ...position, weights, momentum, logs }]))
}
