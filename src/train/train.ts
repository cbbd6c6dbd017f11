/**
 * A training run: an async generator of events. It uses no clock, files or page; the host records the events, saves the
 * checkpoints and owns the live control.
 */
import { evaluate, probe } from '../measure/evaluate.ts'
import { parameterCount } from '../model/weight-specs.ts'
import { pipelineDepth } from '../pipeline.ts'
import type { Moment, RunEvent, StartEvent } from '../protocol/run-events.ts'
import { saveCheckpoint } from './checkpointing.ts'
import { newGraphReports } from './graph-reports.ts'
import type { TrainOptions } from './options.ts'
import { isResumeDue, saveResumePoint } from './resume-points.ts'
import { DivergedError, endEvent, endingOf } from './run-end.ts'
import { duties } from './schedule.ts'
import {
  activity,
  createState,
  disposeState,
  momentNow,
  momentOf,
  networkOf,
  stepsOfEpochs,
  type TrainingState,
} from './state.ts'
import { planStep, settleSteps, takeStep } from './take-step.ts'

/**
 * Trains. Never throws: the last event is always `end` and says why the run ended. Disposes weights and momentum when
 * the generator ends.
 */
export async function* train(options: TrainOptions): AsyncGenerator<RunEvent> {
  const start: Moment = { step: options.resume?.step ?? 0, epoch: 0 }
  let state: TrainingState | undefined
  try {
    yield { type: 'activity', activity: 'preparing', ...start }
    state = createState(options)
    yield* trainingLoop(state)
    const { epochs } = options.config.train
    const message = `Finished after ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}.`
    yield endEvent({ reason: 'finished', message, advice: '' }, momentNow(state))
  } catch (error) {
    const cause = state ? yield* finishTakenSteps(state, error) : error
    const last = state ? momentOf({ ...state, step: state.recorded }) : start
    yield endEvent(endingOf(cause, options, last, state?.checkpoint ?? ''), last)
  } finally {
    if (state) disposeState(state)
  }
}

/** The run from top to bottom: for each epoch, for each batch, take a step, then do what is due after it. */
async function* trainingLoop(state: TrainingState): AsyncGenerator<RunEvent> {
  const { config, executor, reader, live, signal, stepsPerEpoch } = state
  yield startEvent(state)
  for (const message of state.warnings ?? []) yield { type: 'warning', ...momentNow(state), message }
  if (!state.resume?.measured) {
    yield* evaluation(state)
    yield* selectivityProbe(state)
    yield* saveCheckpoint(state)
    state.doneStep = state.step
    yield* saveResumePoint(state)
  }
  const dutiesAfter = duties(config, stepsPerEpoch)
  for (let epoch = Math.floor(stepsOfEpochs(state) / stepsPerEpoch); epoch < config.train.epochs; epoch++) {
    yield activity(state, 'training')
    for await (const batch of reader.epoch(epoch, stepsOfEpochs(state) - epoch * stepsPerEpoch)) {
      if (live.paused()) yield* pause(state)
      else await live.proceed(signal)
      const step = planStep(state, batch)
      await executor.prepare(step.graph)
      state.inFlight.push(takeStep(state, step))
      const due = dutiesAfter(stepsOfEpochs(state))
      yield* settleSteps(state, due.probe || live.paused() ? 0 : pipelineDepth)
      if (due.evaluation) yield* evaluation(state)
      if (due.probe) yield* selectivityProbe(state)
      if (due.checkpoint) yield* saveCheckpoint(state)
      yield* newGraphReports(state)
      if (due.probe && !due.evaluation) yield activity(state, 'training')
      state.doneStep = state.step
      if (due.checkpoint || isResumeDue(state)) yield* saveResumePoint(state)
    }
  }
}

/** Waits until the user resumes, allows one step, or stops. Rejects with the signal's reason when the user stops. */
async function* pause(state: TrainingState): AsyncGenerator<RunEvent> {
  yield* saveResumePoint(state)
  yield activity(state, 'paused')
  await state.live.proceed(state.signal)
  yield activity(state, 'training')
}

/** Loss and accuracy over the validation split. */
async function* evaluation(state: TrainingState): AsyncGenerator<RunEvent> {
  yield activity(state, 'evaluating')
  const result = await evaluate(networkOf(state), state.reader.validation())
  yield { type: 'evaluation', split: 'validation', ...momentNow(state), ...result }
}

/** Selectivity of every unit over the probe set. */
async function* selectivityProbe(state: TrainingState): AsyncGenerator<RunEvent> {
  const { reader } = state
  yield activity(state, 'probing')
  yield { type: 'probe', ...momentNow(state), ...(await probe(networkOf(state), reader.probe(), reader.probeShuffles)) }
}

/**
 * After an error: records the steps that were taken before it, and when the user stopped the run, saves its state and weights.
 * Returns the error that ended the run: the given one, or divergence of a taken step.
 */
async function* finishTakenSteps(state: TrainingState, error: unknown): AsyncGenerator<RunEvent, unknown> {
  if (error instanceof DivergedError || state.gpu.failure()) return error
  try {
    yield* settleSteps(state, 0)
    const { step, recorded, savedStep, doneStep, signal } = state
    if (signal.aborted && step === recorded && step === doneStep) yield* saveResumePoint(state)
    if (signal.aborted && step > 0 && step === recorded && step !== savedStep) yield* saveCheckpoint(state)
    return error
  } catch (next) {
    return next
  }
}

function startEvent(state: TrainingState): StartEvent {
  const { config, data, environment, trainee, reader, stepsPerEpoch, step, resumed, parent } = state
  return {
    type: 'start',
    config,
    environment,
    classes: data.classes,
    sites: trainee.sites,
    parameters: parameterCount(trainee.net),
    stepsPerEpoch,
    totalSteps: state.extraSteps + stepsPerEpoch * config.train.epochs,
    images: { train: data.train.labels.length, validation: data.validation.labels.length, probe: reader.probeImages },
    fromStep: step,
    ...(resumed ? { resumed } : {}),
    ...(parent ? { parent } : {}),
  }
}
