/**
 * The selectivity regularizer: loss = crossEntropy − α · R, with R the mean over chosen modules of the mean
 * over the module's units of the unit's selectivity in the batch.
 */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import { type ClassGroups, classSelectivity } from '../gpu/kernels/class-selectivity.ts'
import type { SiteInfo } from '../protocol/environment.ts'

export type Statistic = RunConfig['regularizer']['statistic']

/** What the regularizer acts on. */
export interface Penalty {
  readonly statistic: Statistic
  readonly modules: readonly string[]
}

/**
 * R of a batch, a scalar; differentiable in the pooled activations (site → [N, units]). Only classes that are
 * present count; R is 0 when there are fewer than two of them, and null when no module is chosen.
 */
export function penaltyOf(
  modules: Penalty['modules'],
  sites: readonly SiteInfo[],
  pooled: ReadonlyMap<string, tf.Tensor2D>,
  groups: ClassGroups,
): tf.Scalar | null {
  const chosen = new Set(modules.filter((module) => sites.some((site) => site.module === module)))
  if (chosen.size === 0) return null
  const within = sites.filter(({ module }) => chosen.has(module))
  const unitsOf = (module: string) => within.reduce((sum, site) => sum + (site.module === module ? site.units : 0), 0)
  const units = tf.concat(within.map(({ name }) => classSelectivity(pooled.get(name) as tf.Tensor2D, groups)))
  const weights = within.flatMap(({ module, units: count }) =>
    new Array<number>(count).fill(1 / (unitsOf(module) * chosen.size)),
  )
  // A product of vectors: the gradients of tf.mean and tf.sum make tensors of ones.
  return tf.dot(units, tf.tensor1d(weights)).asScalar()
}
