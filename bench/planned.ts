/** The training step that a benchmark plans from its shapes alone. */
import { type StepShape, stepGraph, type Trainee } from '../src/train/step.ts'
import { type BenchCase, type BenchOptions, benchCase } from './case.ts'
import { traineeOf } from './peers/tfjs.ts'

export interface PlannedCase {
  readonly net: BenchCase['net']
  readonly trainee: Trainee
  /** The graph of a step without a regularizer. */
  readonly graphOf: (more?: Pick<StepShape, 'activations'>) => ReturnType<typeof stepGraph>
}

/** Only the weights exist. Of the batch, only the size matters. */
export function plannedCase(options: BenchOptions): PlannedCase {
  const c = benchCase({ ...options, inputSize: 8, batch: 2 })
  const trainee = { ...traineeOf(c), inputSize: options.inputSize }
  const { batch: images } = options
  const penalty = { statistic: 'mean', modules: [] } as const
  const shape = { images, regularized: false, penalty, microBatchSize: images }
  return { net: c.net, trainee, graphOf: (more) => stepGraph(trainee, { ...shape, ...more }) }
}
