/** The state of a training run: network, optimizer, position, and the steps whose results are in flight. */
import * as tf from '@tensorflow/tfjs'
import { sideOf } from '../config/side.ts'
import { createExecutor, type Executor } from '../gpu/executor.ts'
import { createChoices } from '../gpu/kernels/choose.ts'
import type { Network } from '../measure/evaluate.ts'
import { rounded } from '../measure/statistics.ts'
import { type FittedWeights, fitWeights, WeightsError } from '../model/fit.ts'
import { type Architecture, architectureOf, sitesOf } from '../model/resnet.ts'
import { initialWeights, loadVelocity, startWeights } from '../model/weights.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import type { ActivityEvent, Moment, StepEvent } from '../protocol/run-events.ts'
import { createSgd } from './optimizer.ts'
import type { Resume, TrainOptions } from './options.ts'
import { createRunReader, type RunReader } from './reader.ts'
import type { Trainee } from './step.ts'
import { requireStorage } from './storage.ts'

export interface TrainingState extends TrainOptions {
  readonly trainee: Trainee
  readonly executor: Executor
  readonly reader: RunReader
  readonly stepsPerEpoch: number
  /** Steps that were taken beyond those that the epochs so far have with these images; 0 unless the images changed. */
  readonly extraSteps: number
  /** Steps taken, whose results the GPU has not returned yet. */
  readonly inFlight: Pipeline<StepEvent>
  /** Keys of the graph reports that were sent. */
  readonly reportedGraphs: Set<string>
  /** Steps taken so far. */
  step: number
  /** The newest step whose event was sent. */
  recorded: number
  /** How many updates the running statistics of each batch norm have had. */
  batchNormUpdates: number
  /** The newest checkpoint's file, or '', and its step. */
  checkpoint: string
  savedStep: number
  /** The newest step after which everything that was due is done. */
  doneStep: number
  /** The step of the newest resume point. */
  resumeStep: number
}

/**
 * The weights of the checkpoint that the run resumes from. Throws WeightsError where its classes have another order than the
 * data: the momentum has the order of the checkpoint.
 */
function resumedWeights(net: Architecture, { data, resume }: TrainOptions): FittedWeights | undefined {
  if (!resume) return undefined
  const fitted = fitWeights(net, resume.weights, { prefix: '', classes: data.classes })
  if (fitted.record.classes === 'remapped') throw new WeightsError(fitted.warnings[0])
  return fitted
}

function createTrainee(net: Architecture, start: FittedWeights | undefined, { config, resume }: TrainOptions): Trainee {
  const weights = start ? startWeights(net, start, config.seed) : initialWeights(net, config.seed)
  try {
    const parameters = new Map([...weights].filter(([, variable]) => variable.trainable))
    const velocity = resume?.velocity && loadVelocity(net, resume.velocity)
    const sgd = createSgd(parameters, config.optimizer, velocity ?? undefined)
    const { inputSize } = config.data
    return { net, sites: sitesOf(net), weights, parameters, sgd, inputSize, keptSide: sideOf(config.data) }
  } catch (error) {
    tf.dispose([...weights.values()])
    throw error
  }
}

/** Steps beyond those that the epochs so far have with these images. Throws RangeError for a position that is not one of them. */
function extraSteps(resume: Resume | undefined, stepsPerEpoch: number): number {
  if (resume?.epoch === undefined) return 0
  const { step, epoch, batch = 0 } = resume
  const extra = step - batch - epoch * stepsPerEpoch
  if (batch !== 0 && (extra !== 0 || batch >= stepsPerEpoch)) {
    throw new RangeError(
      `cannot resume at step ${step} within an epoch: the epochs have ${stepsPerEpoch} steps now; resume at the end of an epoch`,
    )
  }
  return extra
}

/** Creates network, optimizer and reader. Throws WeightsError for weights or momentum that do not fit the model. */
export function createState(options: TrainOptions): TrainingState {
  requireStorage(options)
  const { config, data, signal, resume, initial } = options
  const reader = createRunReader(data, config, signal)
  const net = architectureOf({ ...config.model, classes: data.classes.length })
  const start = resumedWeights(net, options) ?? initial
  const trainee = createTrainee(net, start, options)
  return {
    ...options,
    reader,
    trainee,
    executor: createExecutor({
      ...options,
      choices: createChoices(options.gpu.adapter, options.environment.kernels?.choices),
    }),
    stepsPerEpoch: reader.stepsPerEpoch,
    extraSteps: extraSteps(resume, reader.stepsPerEpoch),
    inFlight: createPipeline(),
    reportedGraphs: new Set(),
    step: resume?.step ?? 0,
    recorded: resume?.step ?? 0,
    batchNormUpdates: start?.batchNormUpdates ?? 0,
    checkpoint: resume?.checkpoint ?? resume?.velocity?.metadata.checkpoint ?? '',
    savedStep: resume?.savedStep ?? resume?.step ?? -1,
    doneStep: resume?.measured ? resume.step : -1,
    resumeStep: resume?.step ?? -1,
  }
}

export function disposeState({ trainee, executor }: TrainingState): void {
  executor.dispose()
  trainee.sgd.dispose()
  tf.dispose([...trainee.weights.values()])
}

/** The network in the form that evaluation and probes take. */
export const networkOf = ({ executor, trainee }: TrainingState): Network => {
  const { net, weights, inputSize, keptSide } = trainee
  return { executor, net, weights, inputSize, keptSide }
}

type Position = Pick<TrainingState, 'step' | 'stepsPerEpoch' | 'extraSteps'>

/** The steps taken so far, as if every epoch had had as many as it has now. */
export const stepsOfEpochs = ({ step, extraSteps }: Position): number => step - extraSteps

/** A number of steps, also in epochs. */
export const momentOf = (position: Position): Moment => ({
  step: position.step,
  epoch: rounded(stepsOfEpochs(position) / position.stepsPerEpoch),
})

/** The state's position: the steps taken so far. */
export const momentNow = (state: TrainingState): Moment => momentOf(state)

export const activity = (state: TrainingState, name: ActivityEvent['activity']): ActivityEvent => ({
  type: 'activity',
  activity: name,
  ...momentNow(state),
})
