/** Takes training steps: submits a step to the GPU, and turns its results into an event when they arrive. */
import { alphaAt } from '../config/alpha.ts'
import type { Graph } from '../gpu/executor.ts'
import type { LabeledImages } from '../measure/evaluate.ts'
import { rounded } from '../measure/statistics.ts'
import type { StepEvent } from '../protocol/run-events.ts'
import { stream } from '../random.ts'
import { DivergedError } from './run-end.ts'
import { learningRateAt } from './schedule.ts'
import { momentOf, stepsOfEpochs, type TrainingState } from './state.ts'
import { type Batch, microRanges, type StepOptions, stepGraph, stepShape, stepValues } from './step.ts'

/** The batch with the labels of the regularizer: the true ones, or a seeded permutation of them. */
function withPenaltyLabels({ config, step }: TrainingState, images: LabeledImages): Batch {
  const { labels } = images
  if (config.regularizer.labels !== 'shuffled') return { ...images, penaltyLabels: labels }
  return { ...images, penaltyLabels: stream(config.seed, 'penalty-labels', step).shuffle(labels.slice()) }
}

/** A step that is about to be taken. */
export interface PlannedStep {
  readonly graph: Graph
  readonly batch: Batch
  readonly options: StepOptions
  /** Whether the user controls α. */
  readonly held: boolean
}

/** The next step on these images; reads the live control once. */
export function planStep(state: TrainingState, images: LabeledImages): PlannedStep {
  const { config, live, trainee, stepsPerEpoch } = state
  const { microBatchSize, recompute, activations, epochs } = config.train
  const epoch = stepsOfEpochs(state) / stepsPerEpoch
  const { held, alpha: heldAlpha } = live.control(state.step)
  const alpha = held ? heldAlpha : alphaAt(config.regularizer.schedule, epoch)
  const learningRate = learningRateAt(config.optimizer, epoch, epochs, 1 / stepsPerEpoch)
  const memory = { microBatchSize, recompute, activations }
  const options: StepOptions = { alpha, penalty: config.regularizer, learningRate, ...memory }
  const batch = withPenaltyLabels(state, images)
  return { graph: stepGraph(trainee, stepShape(batch, options)), batch, options, held }
}

/**
 * Submits the next step without waiting for it. The result rejects with DivergedError when the loss is not finite, or with
 * the device's failure.
 */
export function takeStep(state: TrainingState, { graph, batch, options, held }: PlannedStep): Promise<StepEvent> {
  const { trainee, executor } = state
  // Reading the results here queues their copy after this step and before the next one.
  const results = executor.run(graph, stepValues(trainee, batch, options))
  state.step++
  const count = batch.labels.length
  state.batchNormUpdates += microRanges(count, options.microBatchSize).length
  const moment = momentOf(state)
  const gpuBytes = executor.bytes()
  const { alpha, learningRate } = options
  const facts = { alpha, held, learningRate: rounded(learningRate), images: count, gpuBytes }
  return results.then(({ result }) => stepEvent({ type: 'step', ...moment, ...facts }, result))
}

type Measured = 'loss' | 'crossEntropy' | 'penalty' | 'top1' | 'top5'

/** `result`: the values of `resultKeys`. Throws DivergedError when the loss is not finite. */
function stepEvent(facts: Omit<StepEvent, Measured>, result: Float32Array): StepEvent {
  const [crossEntropy, penalty, top1, top5] = Array.from(result, rounded)
  const loss = rounded(crossEntropy - facts.alpha * penalty)
  if (!Number.isFinite(loss)) throw new DivergedError(`The loss is ${loss} at step ${facts.step}.`)
  return { ...facts, loss, crossEntropy, penalty, top1, top5 }
}

/**
 * Yields the events of the oldest steps until at most `left` are in flight. Throws the rejection of a step that failed, and
 * yields no step after it.
 */
export async function* settleSteps(state: TrainingState, left: number): AsyncGenerator<StepEvent> {
  for await (const event of state.inFlight.settle(left)) {
    if (event.step !== state.recorded + 1) return
    state.recorded = event.step
    yield event
  }
}
