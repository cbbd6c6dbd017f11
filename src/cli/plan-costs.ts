/** Measures how long a step, an evaluation, a probe and a checkpoint take, by training a few steps on a few images. */
import type { RunConfig } from '../config/config.ts'
import type { ImageSet, Split } from '../data/source.ts'
import type { Costs } from '../experiments/estimate.ts'
import type { RunEvent } from '../protocol/run-events.ts'
import { metricsRow, selectivityRows } from '../runs/files.ts'
import { lineOf } from '../runs/format/log.ts'
import { logged } from '../runs/logged.ts'
import { createLive } from '../train/live.ts'
import { createRunReader } from '../train/reader.ts'
import { train } from '../train/train.ts'
import { type ImagesRequest, prepareRun, readRunImages } from './train-run.ts'

/** Steps per epoch and batches per evaluation. Only the second epoch is timed, because the first compiles. */
const [stepsTimed, batchesTimed] = [4, 2]

/** Returns at most `most` images, evenly spread. */
function fewer(split: Split, most: number): Split {
  const all = split.labels.length
  const count = Math.min(all, most)
  const at = (index: number) => Math.floor((index * all) / count)
  return {
    labels: Int32Array.from({ length: count }, (_, i) => split.labels[at(i)]),
    read: (index, signal, side) => split.read(at(index), signal, side),
  }
}

interface Timed {
  readonly event: RunEvent
  /** When the event arrived, in milliseconds. */
  readonly time: number
}

/** Returns the seconds from the last start of an activity to the last event of a type. */
function secondsOf(events: readonly Timed[], activity: string, type: RunEvent['type']): number {
  const began = events.findLast(({ event }) => event.type === 'activity' && event.activity === activity)
  const ended = events.findLast(({ event }) => event.type === type)
  return began && ended ? Math.max(0, ended.time - began.time) / 1000 : Number.NaN
}

/** Bytes of an event in both logs and in the CSV files that the command line keeps beside them. */
export function bytesOf(event: RunEvent): number {
  const { event: line, record } = logged({ ...event, time: 1e6 })
  const rows = [metricsRow(event), event.type === 'probe' ? selectivityRows(event) : '']
  return [lineOf(line), ...rows].reduce((sum, text) => sum + Buffer.byteLength(text), record?.length ?? 0)
}

const lastOf = <T extends RunEvent['type']>(events: readonly Timed[], type: T) =>
  events.flatMap(({ event }) => (event.type === type ? [event as Extract<RunEvent, { type: T }>] : [])).at(-1)

/** Trains without saving and returns the events. Throws when training ends early. */
async function trial(options: Omit<Parameters<typeof train>[0], 'live' | 'save'>): Promise<Timed[]> {
  const events: Timed[] = []
  for await (const event of train({ ...options, live: createLive(), save: async () => {} })) {
    events.push({ event, time: performance.now() })
  }
  const end = lastOf(events, 'end')
  if (end?.reason !== 'finished') throw new Error(`the timed steps ended early: ${end?.message}`)
  return events
}

/** The run with two epochs. */
const shortened = (config: RunConfig): RunConfig => ({
  ...config,
  train: { ...config.train, epochs: 2 },
  probe: { ...config.probe, earlyEpochs: 0 },
  checkpoint: { ...config.checkpoint, everyEpochs: 1, resumeSeconds: null, resumeSteps: null },
})

const limited = ({ train: split, validation, ...set }: ImageSet, { train: sizes }: RunConfig): ImageSet => ({
  ...set,
  train: fewer(split, stepsTimed * sizes.batchSize),
  validation: fewer(validation, batchesTimed * sizes.microBatchSize),
})

/** Measures a run's costs; `start` includes reading the images. Rejects like `readRunImages` and `prepareRun`, or when a step fails. */
export async function measureCosts(request: ImagesRequest): Promise<Costs> {
  const began = performance.now()
  const { config, signal, eager } = request
  await using images = await readRunImages(request)
  const { data, gpu, environment } = await prepareRun(request, images)
  const { stepsPerEpoch, probeImages } = createRunReader(data, config, signal)
  const few = limited(data, config)
  const events = await trial({ config: shortened(config), data: few, environment, gpu, signal, eager })
  const [step, evaluation, probe] = [lastOf(events, 'step'), lastOf(events, 'evaluation'), lastOf(events, 'probe')]
  const checkpoint = lastOf(events, 'checkpoint')
  if (!step || !evaluation || !probe || !checkpoint) throw new Error('the timed steps gave no events')
  const steps = step.step / 2
  const timed = {
    step: secondsOf(events, 'training', 'step') / steps,
    evaluation: secondsOf(events, 'evaluating', 'evaluation'),
    probe: secondsOf(events, 'probing', 'probe'),
    checkpoint: secondsOf(events, 'saving', 'checkpoint'),
  }
  // The start is all the time that the two epochs and the three measurements do not explain.
  const explained = 2 * steps * timed.step + 3 * (timed.evaluation + timed.probe + timed.checkpoint)
  const held = data.validation.labels.length
  return {
    stepsPerEpoch,
    start: { seconds: Math.max(0, (performance.now() - began) / 1000 - explained) },
    step: { seconds: timed.step, bytes: bytesOf(step) },
    evaluation: { seconds: (timed.evaluation * held) / evaluation.images, bytes: bytesOf(evaluation) },
    probe: { seconds: (timed.probe * probeImages) / probe.images, bytes: bytesOf(probe) },
    checkpoint: { seconds: timed.checkpoint, bytes: (config.checkpoint.momentum ? 2 : 1) * checkpoint.bytes },
  }
}
