/** The parameters of ready-made plans, and their values in the paper. */
import type { RunConfigInput } from '../config/config.ts'
import type { Window } from '../config/fields.ts'

export interface PlanParameters {
  /** The configuration that all runs share: data, model, optimizer and so on. */
  readonly base: RunConfigInput
  readonly epochs: number
  readonly seeds: readonly number[]
  /** Strength of the regularizer in the regularized arms. */
  readonly alpha: number
  /** Epoch at which the late arm's regularizer starts. */
  readonly late: number
  /** Strengths of a sweep. */
  readonly strengths: readonly number[]
  /** Schedules drawn by hand; each is an arm. */
  readonly windows: readonly (readonly Window[])[]
}

/** The paper's parameters: α −20, from epoch 0 or 5 of 20, five seeds. */
export const paperParameters: PlanParameters = {
  base: {},
  epochs: 20,
  seeds: [1, 2, 3, 4, 5],
  alpha: -20,
  late: 5,
  strengths: [-20, -5, -2, -1, -0.5, 0, 1],
  windows: [],
}
