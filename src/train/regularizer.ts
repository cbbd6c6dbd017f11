/**
 * The selectivity regularizer: loss = crossEntropy − α · R. R is the mean over the chosen modules of the mean selectivity of
 * the module's units in the batch.
 */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import { type ClassGroups, classSelectivity } from '../gpu/kernels/class-selectivity.ts'
import type { SiteInfo } from '../protocol/environment.ts'

export type Statistic = RunConfig['regularizer']['statistic']

/** The class statistic of the regularizer, and the modules on which it acts. */
export interface Penalty {
  readonly statistic: Statistic
  readonly modules: readonly string[]
}

/**
 * R of a batch, a scalar that is differentiable in the pooled activations ([N, units] by site). Only classes in the batch
 * count; R is 0 with fewer than two of them. Null when no module is chosen.
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
  // A dot product, because the gradients of tf.mean and tf.sum create tensors of ones.
  return tf.dot(units, tf.tensor1d(weights)).asScalar()
}
