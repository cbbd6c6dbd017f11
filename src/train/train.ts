/**
 * A training run: an async generator of events. It knows no clock, no files and no page; the host records the
 * events, keeps the checkpoints and holds the live control.
 */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import { sideOf } from '../config/side.ts'
import { DataError, type ImageSet } from '../data/source.ts'
import { DeviceError } from '../gpu/device.ts'
import { createExecutor, type Executor } from '../gpu/executor.ts'
import { createChoices } from '../gpu/kernels/choose.ts'
import type { Gpu } from '../gpu/read.ts'
import { evaluate, type LabeledImages, probe } from '../measure/evaluate.ts'
import { rounded } from '../measure/statistics.ts'
import { messageOf } from '../message.ts'
import { architectureOf, sitesOf } from '../model/resnet.ts'
import { type TensorFile, writeSafetensors } from '../model/safetensors.ts'
import {
  batchNormUpdates,
  initialWeights,
  loadVelocity,
  loadWeights,
  parameterCount,
  storeTensors,
  storeWeights,
  WeightsError,
} from '../model/weights.ts'
import type { Environment } from '../protocol/environment.ts'
import type { ActivityEvent, EndEvent, EndReason, Moment, RunEvent, StepEvent } from '../protocol/run-events.ts'
import { stream } from '../random.ts'
import type { Control, Live } from './live.ts'
import { createSgd } from './optimizer.ts'
import { createRunReader, type RunReader } from './reader.ts'
import { alphaAt, learningRateAt, probeSteps } from './schedule.ts'
import { microRanges, type StepOptions, stepGraph, stepShape, stepValues, type Trainee } from './step.ts'

/** Where an earlier run left off: a checkpoint, its momentum buffers and the steps taken by then. */
export interface Resume {
  readonly weights: TensorFile
  readonly velocity: TensorFile
  readonly step: number
}

export interface TrainOptions {
  readonly config: RunConfig
  /** Already limited to the configuration's classes and images. */
  readonly data: ImageSet
  readonly environment: Environment
  readonly gpu: Gpu
  readonly live: Live
  readonly signal: AbortSignal
  /** What happened before and belongs into the run's record. */
  readonly warnings?: readonly string[]
  /** Initial weights in place of seeded ones. */
  readonly initial?: TensorFile
  readonly resume?: Resume
  /** Runs steps, evaluations and probes operation by operation instead of compiled; slower, and the same numbers. */
  readonly eager?: boolean
  /** Milliseconds, to tell how long steps keep JavaScript busy; no result depends on it. */
  readonly now?: () => number
  /** Keeps a checkpoint. A rejection becomes a warning; the run goes on. */
  readonly save: (file: string, bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  /** Keeps what a resumed run needs besides the newest checkpoint: momentum, with step and checkpoint as metadata. */
  readonly saveMomentum?: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>
}

interface Run extends TrainOptions {
  readonly trainee: Trainee
  readonly executor: Executor
  readonly reader: RunReader
  readonly stepsPerEpoch: number
  /** What has been told of the run's graphs. */
  readonly told: Set<string>
  /** How often each batch norm's running statistics were updated. */
  updates: number
  /** The newest checkpoint's file, for advice, and its step. */
  checkpoint: string
  savedStep: number
}

/** Loss that is no number any more. */
class DivergedError extends Error {
  override name = 'DivergedError'
}

const momentOf = (step: number, stepsPerEpoch: number): Moment => ({ step, epoch: rounded(step / stepsPerEpoch) })

const stepName = (step: number) => `step-${String(step).padStart(8, '0')}.safetensors`

const checkpointName = (epoch: number) => `epoch-${String(epoch).padStart(4, '0')}.safetensors`

function prepare(options: TrainOptions): Run {
  const { config, data, resume } = options
  const net = architectureOf({ ...config.model, classes: data.classes.length })
  const start = resume?.weights ?? options.initial
  const weights = start ? loadWeights(net, start) : initialWeights(net, config.seed)
  const parameters = new Map([...weights].filter(([, variable]) => variable.trainable))
  const sgd = createSgd(parameters, config.optimizer, resume && loadVelocity(net, resume.velocity))
  const reader = createRunReader(data, config, options.signal)
  return {
    ...options,
    executor: createExecutor({
      ...options,
      choices: createChoices(options.gpu.adapter, options.environment.kernels?.choices),
    }),
    trainee: {
      net,
      sites: sitesOf(net),
      weights,
      parameters,
      sgd,
      inputSize: config.data.inputSize,
      keptSide: sideOf(config.data),
    },
    reader,
    stepsPerEpoch: reader.stepsPerEpoch,
    told: new Set(),
    updates: start ? batchNormUpdates(start) : 0,
    checkpoint: '',
    savedStep: -1,
  }
}

/**
 * Trains. The last event is always `end`, whatever happened; nothing is thrown. Weights and momentum are
 * disposed when the generator ends.
 */
export async function* train(options: TrainOptions): AsyncGenerator<RunEvent> {
  let last: Moment = { step: options.resume?.step ?? 0, epoch: 0 }
  let run: Run | undefined
  try {
    yield { type: 'activity', activity: 'preparing', ...last }
    run = prepare(options)
    last = momentOf(last.step, run.stepsPerEpoch)
    for await (const event of epochs(run)) {
      if ('step' in event) last = { step: event.step, epoch: event.epoch }
      yield event
    }
    yield endOf('finished', last, `Finished after ${options.config.train.epochs} epochs.`, '')
  } catch (error) {
    let cause = error
    try {
      if (run && options.signal.aborted) yield* stopped(run, last)
    } catch (next) {
      cause = next
    }
    yield failed(cause, options, last, run?.checkpoint ?? '')
  } finally {
    if (run) dispose(run)
  }
}

function dispose({ trainee, executor }: Run): void {
  executor.dispose()
  trainee.sgd.dispose()
  tf.dispose([...trainee.weights.values()])
}

/** What a stopped run still keeps: the weights after its last step. */
async function* stopped(run: Run, last: Moment): AsyncGenerator<RunEvent> {
  if (run.gpu.failure() || last.step === 0 || last.step === run.savedStep) return
  const whole = last.step % run.stepsPerEpoch === 0
  yield* saveCheckpoint(run, last, whole ? checkpointName(last.step / run.stepsPerEpoch) : stepName(last.step))
}

const endOf = (reason: EndReason, last: Moment, message: string, advice: string): EndEvent => ({
  type: 'end',
  reason,
  ...last,
  message,
  advice,
})

function failed(error: unknown, { config, signal, gpu }: TrainOptions, last: Moment, checkpoint: string): EndEvent {
  const message = messageOf(error)
  const kept = checkpoint ? `The last good checkpoint is ${checkpoint}.` : 'No checkpoint was kept yet.'
  const failure = gpu.failure()
  const end = (reason: EndReason, text: string, advice: string) => endOf(reason, last, text, advice)
  if (failure?.reason === 'device-lost') {
    return end(
      'device-lost',
      failure.message,
      `Everything recorded so far is kept. ${kept} Start again; with a smaller micro-batch if it happens again.`,
    )
  }
  if (failure?.reason === 'out-of-memory') {
    const smaller = Math.max(2, Math.floor(config.train.microBatchSize / 2))
    return end('out-of-memory', failure.message, `Set train.microBatchSize to ${smaller} or less. ${kept}`)
  }
  if (signal.aborted) return end('stopped', `Stopped after step ${last.step}.`, '')
  if (error instanceof DivergedError) {
    return end('diverged', message, `Try a lower learning rate, a longer warm-up or an α nearer to 0. ${kept}`)
  }
  if (error instanceof DataError) return end('data-error', message, 'Mend or remove what is named and start again.')
  if (error instanceof WeightsError)
    return end('error', message, 'Choose weights that fit the model, or change the model.')
  if (error instanceof DeviceError) return end('error', error.message, kept)
  return end('error', message, kept)
}

async function* epochs(run: Run): AsyncGenerator<RunEvent> {
  const { config, stepsPerEpoch } = run
  const from = run.resume?.step ?? 0
  yield startOf(run, from)
  for (const message of run.warnings ?? []) yield { type: 'warning', ...momentOf(from, stepsPerEpoch), message }
  if (from === 0) yield* measured(run, 0, true)
  const probes = probeSteps(config.probe, stepsPerEpoch, config.train.epochs)
  for (let epoch = Math.floor(from / stepsPerEpoch); epoch < config.train.epochs; epoch++) {
    yield activity(run, 'training', epoch * stepsPerEpoch)
    yield* steps(run, epoch, probes)
  }
}

const activity = (run: Run, name: ActivityEvent['activity'], step: number): ActivityEvent => ({
  type: 'activity',
  activity: name,
  ...momentOf(step, run.stepsPerEpoch),
})

function startOf({ config, data, environment, trainee, reader, stepsPerEpoch }: Run, fromStep: number): RunEvent {
  return {
    type: 'start',
    config,
    environment,
    classes: data.classes,
    sites: trainee.sites,
    parameters: parameterCount(trainee.net),
    stepsPerEpoch,
    totalSteps: stepsPerEpoch * config.train.epochs,
    images: { train: data.train.labels.length, validation: data.validation.labels.length, probe: reader.probeImages },
    fromStep,
  }
}

/** Evaluation, probe and checkpoint after `step` steps; between epochs only the probe. */
async function* measured(run: Run, step: number, epochEnd: boolean): AsyncGenerator<RunEvent> {
  const { executor, trainee, reader, config, stepsPerEpoch } = run
  const moment = momentOf(step, stepsPerEpoch)
  const { net, weights, inputSize, keptSide } = trainee
  const network = { executor, net, weights, inputSize, keptSide }
  if (epochEnd) {
    yield activity(run, 'evaluating', step)
    yield { type: 'evaluation', split: 'validation', ...moment, ...(await evaluate(network, reader.validation())) }
  }
  yield activity(run, 'probing', step)
  yield { type: 'probe', ...moment, ...(await probe(network, reader.probe(), reader.probeShuffles)) }
  const epoch = Math.round(step / stepsPerEpoch)
  const due = epoch % config.checkpoint.everyEpochs === 0 || epoch === config.train.epochs
  if (epochEnd && due) yield* saveCheckpoint(run, moment, checkpointName(epoch))
}

async function* saveCheckpoint(run: Run, moment: Moment, file: string): AsyncGenerator<RunEvent> {
  const { gpu, trainee, stepsPerEpoch } = run
  yield activity(run, 'saving', moment.step)
  const bytes = writeSafetensors(await storeWeights(gpu, trainee.weights, run.updates))
  try {
    await run.save(file, bytes)
    if (run.saveMomentum && moment.step % stepsPerEpoch === 0) {
      const tensors = await storeTensors(gpu, trainee.sgd.velocity)
      await run.saveMomentum(writeSafetensors({ tensors, metadata: { step: String(moment.step), checkpoint: file } }))
    }
  } catch (error) {
    if (gpu.failure()) throw error
    yield {
      type: 'warning',
      ...moment,
      message: `The checkpoint ${file} could not be kept: ${messageOf(error)}`,
    }
    return
  }
  run.checkpoint = file
  run.savedStep = moment.step
  yield { type: 'checkpoint', ...moment, file, bytes: bytes.length }
}

/** What is new about the run's graphs: that one was compiled or refused, and after a few runs what it takes in JavaScript. */
function* graphs({ executor, told, stepsPerEpoch }: Run, step: number): Generator<RunEvent> {
  const moment = momentOf(step, stepsPerEpoch)
  for (const graph of executor.reports()) {
    const { name, refusal, dispatches, plannedBytes, scriptMilliseconds } = graph
    const key = JSON.stringify([name, dispatches, plannedBytes, refusal])
    const timed = `${key} timed`
    if (told.has(timed) || (told.has(key) && scriptMilliseconds === null)) continue
    if (refusal && !told.has(key)) {
      yield { type: 'warning', ...moment, message: `The ${name} runs uncompiled, which is slower: ${refusal}` }
    }
    told.add(scriptMilliseconds === null ? key : timed).add(key)
    yield { type: 'graph', ...moment, graph }
  }
}

/** A step whose results are on their way from the GPU. */
interface Pending {
  readonly values: Promise<Float32Array>
  readonly event: Omit<StepEvent, 'loss' | 'crossEntropy' | 'penalty' | 'top1' | 'top5'>
}

/** How many steps may wait for their results, so that the GPU has work while the numbers travel. */
const depth = 2

async function* steps(run: Run, epoch: number, probes: ReadonlySet<number>): AsyncGenerator<RunEvent> {
  const { live, signal, stepsPerEpoch } = run
  const pending: Pending[] = []
  let step = epoch * stepsPerEpoch
  try {
    for await (const batch of run.reader.epoch(epoch)) {
      if (live.paused()) {
        yield* settle(pending, 0)
        yield activity(run, 'paused', step)
        await live.proceed(signal)
        yield activity(run, 'training', step)
      } else await live.proceed(signal)
      pending.push(take(run, step, batch))
      step++
      const probing = probes.has(step)
      yield* settle(pending, probing || live.paused() ? 0 : depth)
      const epochEnd = step === (epoch + 1) * stepsPerEpoch
      if (probing) yield* measured(run, step, epochEnd)
      yield* graphs(run, step)
      if (probing && !epochEnd) yield activity(run, 'training', step)
    }
  } catch (error) {
    // Steps that were taken are recorded, also when the user stops before their results have arrived.
    if (signal.aborted && !run.gpu.failure()) yield* settle(pending, 0)
    throw error
  }
}

/** The step after `step` finished ones: reads the live control once and runs. */
function take(run: Run, step: number, images: LabeledImages): Pending {
  const { config, live, trainee, stepsPerEpoch, executor } = run
  const { labels } = images
  const before = step / stepsPerEpoch
  const control: Control = live.control(step)
  const alpha = control.held ? control.alpha : alphaAt(config.regularizer.schedule, before)
  const learningRate = learningRateAt(config.optimizer, before, config.train.epochs, 1 / stepsPerEpoch)
  const shuffled = config.regularizer.labels === 'shuffled'
  const penaltyLabels = shuffled ? stream(config.seed, 'penalty-labels', step).shuffle(labels.slice()) : labels
  const options: StepOptions = {
    alpha,
    penalty: config.regularizer,
    learningRate,
    microBatchSize: config.train.microBatchSize,
  }
  const batch = { ...images, penaltyLabels }
  const graph = stepGraph(trainee, stepShape(batch, options))
  // The copy of the results is queued behind this step, not behind those that follow, so that nobody waits for it.
  const values = executor.run(graph, stepValues(trainee, batch, options)).then(({ result }) => result)
  run.updates += microRanges(labels.length, options.microBatchSize).length
  const moment = momentOf(step + 1, stepsPerEpoch)
  const event = {
    type: 'step',
    ...moment,
    alpha,
    held: control.held,
    learningRate: rounded(learningRate),
    images: labels.length,
    gpuBytes: executor.bytes(),
  } as const
  // Whoever settles this step hears of a failure; a step that nobody settles must not end the process.
  values.catch(() => {})
  return { values, event }
}

/** Yields the oldest pending steps until at most `left` wait. Throws DivergedError at a loss that is not finite. */
async function* settle(pending: Pending[], left: number): AsyncGenerator<RunEvent> {
  while (pending.length > left) {
    const { values, event } = pending.shift() as Pending
    const [crossEntropy, penalty, top1, top5] = Array.from(await values, rounded)
    const loss = rounded(crossEntropy - event.alpha * penalty)
    if (!Number.isFinite(loss)) throw new DivergedError(`The loss is ${loss} at step ${event.step}.`)
    yield { ...event, loss, crossEntropy, penalty, top1, top5 }
  }
}
