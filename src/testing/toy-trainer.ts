/** A deterministic stand-in for training, with the real writer and the real files: what it computes depends on every α. */
import type { RunEvent, StepEvent } from '../protocol/run-events.ts'
import type { RecordedControl } from '../protocol/run-record.ts'
import type { WritableRunFiles } from '../runs/format/files.ts'
import { newInfo } from '../runs/format/info.ts'
import { type Prepared, prepareResume } from '../runs/format/resume.ts'
import { RunError } from '../runs/format/run-error.ts'
import { openRunWriter, type RunWriter, type WriterOptions } from '../runs/format/writer.ts'
import { sha256 } from '../sha256.ts'
import { startEvent, stepEvent } from './events.ts'
import { madeProbe, toySites } from './probes.ts'

export const toyName = 'toy'

export interface ToyTraining {
  readonly epochs?: number
  readonly stepsPerEpoch?: number
  /** A resume point after so many steps. */
  readonly resumeSteps?: number
  /** What the user does in steps of which no earlier attempt has a record. */
  readonly control: (step: number) => Omit<RecordedControl, 'step'>
  /** Settings of the writer. */
  readonly writer?: Partial<WriterOptions>
  /** Keeps the momentum of every checkpoint. */
  readonly momentum?: boolean
}

interface Position {
  step: number
  weights: number
  momentum: number
}

const stored = (value: number, step: number) =>
  new Uint8Array(Float64Array.of(value, step).buffer) as Uint8Array<ArrayBuffer>

const loaded = (bytes: Uint8Array | null): number => {
  if (!bytes) return 0
  return new Float64Array(bytes.slice().buffer)[0]
}

/** Takes a step, in place. */
function train(at: Position, { held, alpha }: Omit<RecordedControl, 'step'>, epoch: number): StepEvent {
  at.step++
  at.momentum = 0.9 * at.momentum + alpha + Math.sin(at.step)
  at.weights -= 0.1 * at.momentum
  const { time: _, ...step } = { ...stepEvent(at.step, 0), epoch, loss: at.weights, held, alpha }
  return { ...step, gpuBytes: Math.floor(1e6 * Math.random()) }
}

const checkpointName = (epoch: number) => `epoch-${String(epoch).padStart(4, '0')}.safetensors`

interface Attempt {
  readonly writer: RunWriter
  readonly send: (event: RunEvent) => Promise<void>
  readonly at: Position
  readonly stepsPerEpoch: number
  saved: { checkpoint: string; savedStep: number }
}

/** The evaluation, the probe and the checkpoint at the end of an epoch. */
async function endEpoch(attempt: Attempt, epoch: number): Promise<void> {
  const { send, at, writer } = attempt
  const moment = { step: at.step, epoch }
  const scores = { images: 6, loss: at.weights, crossEntropy: 1, top1: 0.5, top5: 1 }
  await send({ type: 'evaluation', split: 'validation', ...moment, ...scores })
  await send(madeProbe(toySites, at.step, epoch, Math.floor(1e6 * Math.abs(at.weights))))
  const [file, bytes] = [checkpointName(epoch), stored(at.weights, at.step)]
  await send({ type: 'activity', activity: 'saving', ...moment })
  await writer.saveCheckpoint(file, bytes)
  await send({ type: 'checkpoint', ...moment, file, bytes: bytes.length, sha256: await sha256(bytes) })
  attempt.saved = { checkpoint: file, savedStep: at.step }
}

async function saveResume({ writer, at, saved, stepsPerEpoch }: Attempt): Promise<void> {
  const [epoch, batch] = [Math.floor(at.step / stepsPerEpoch), at.step % stepsPerEpoch]
  const isSaved = saved.savedStep === at.step && batch === 0
  const weights = isSaved ? null : stored(at.weights, at.step)
  await writer.saveResume({ step: at.step, epoch, batch, weights, momentum: stored(at.momentum, at.step), ...saved })
}

/** The state of an interrupted run; null for a folder without one, whose run then begins anew. */
async function preparedOf(files: WritableRunFiles): Promise<Prepared | null> {
  try {
    return await prepareResume(files, toyName)
  } catch (error) {
    if (!(error instanceof RunError) || !/has no state to resume from; /.test(error.message)) throw error
    await files.remove('events.jsonl')
    await files.remove('units.bin')
    return null
  }
}

const start = (training: ToyTraining, prepared: Prepared | null): RunEvent => {
  const { epochs = 2, stepsPerEpoch = 3, momentum = true } = training
  const config = { ...startEvent.config, checkpoint: { ...startEvent.config.checkpoint, momentum } }
  const totalSteps = epochs * stepsPerEpoch
  const fields = { config, sites: toySites.slice(), stepsPerEpoch, totalSteps, fromStep: prepared?.point.step ?? 0 }
  return { ...startEvent, ...fields, ...(prepared ? { resumed: { reason: 'user', message: '' } as const } : {}) }
}

/** Begins a run in a folder, or resumes the one that is there, and trains it to its end. Returns the messages of resuming. */
export async function toyTrain(files: WritableRunFiles, training: ToyTraining): Promise<readonly string[]> {
  const { epochs = 2, stepsPerEpoch = 3, resumeSteps = 2, control } = training
  const prepared = await preparedOf(files)
  let clock = 0
  const writer = await openRunWriter(files, {
    ...{ name: toyName, csv: true, now: () => (clock += 400), later: () => () => {} },
    info: newInfo({ id: 'toy', created: 1, name: toyName }),
    ...training.writer,
  })
  const at: Position = {
    step: prepared?.point.step ?? 0,
    weights: prepared ? loaded(prepared.weights) : 1,
    momentum: loaded(prepared?.momentum ?? null),
  }
  const send = (event: RunEvent) => writer.record({ ...event, time: writer.time + clock })
  const { checkpoint = '', savedStep = -1 } = prepared?.point ?? {}
  const attempt: Attempt = { writer, send, at, stepsPerEpoch, saved: { checkpoint, savedStep } }
  const repeated = new Map(prepared?.controls.map((own) => [own.step, own]))
  await send(start(training, prepared))
  if (!prepared?.measured) {
    await endEpoch(attempt, at.step / stepsPerEpoch)
    await saveResume(attempt)
  }
  while (at.step < epochs * stepsPerEpoch) {
    const next = at.step + 1
    await send(train(at, repeated.get(next) ?? control(next), next / stepsPerEpoch))
    if (at.step % stepsPerEpoch === 0) await endEpoch(attempt, at.step / stepsPerEpoch)
    if (at.step % stepsPerEpoch === 0 || at.step % resumeSteps === 0) await saveResume(attempt)
  }
  const end = { step: at.step, epoch: epochs, message: 'Finished.', advice: '' }
  await send({ type: 'end', reason: 'finished', ...end })
  await writer.close()
  return prepared?.messages ?? []
}
