/**
 * The selectivity regularizer: loss = crossEntropy − α · R, with R the mean over chosen modules of the mean
 * over the module's units of the unit's selectivity in the batch.
 */
import * as tf from '@tensorflow/tfjs'
import type { RunConfig } from '../config/config.ts'
import type { SiteInfo } from '../events.ts'

export type Statistic = RunConfig['regularizer']['statistic']

const epsilon = 1e-6

/** Rows of weights that turn pooled activations [N, units] into class statistics [present classes, units]. */
function membership(labels: Int32Array, statistic: Statistic): tf.Tensor2D {
  const present = [...new Set(labels)].sort((a, b) => a - b)
  const rows = present.map((label) => {
    const row = Array.from(labels, (l) => (l === label ? 1 : 0))
    const count = statistic === 'mean' ? row.reduce<number>((a, b) => a + b, 0) : 1
    return row.map((v) => v / count)
  })
  return tf.tensor2d(rows)
}

/** Selectivity of each unit in a batch: pooled [N, units], weights [classes, N] → [units]. */
function batchSelectivity(pooled: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor1D {
  const statistics = tf.matMul<tf.Tensor2D>(weights, pooled)
  const top = tf.max<tf.Tensor1D>(statistics, 0)
  const rest = tf.div(tf.sub(tf.sum(statistics, 0), top), weights.shape[0] - 1)
  return tf.div(tf.sub(top, rest), tf.add(tf.add(top, rest), epsilon))
}

/** What the regularizer acts on. */
export interface Penalty {
  readonly statistic: Statistic
  readonly modules: readonly string[]
}

/**
 * R of a batch, a scalar; differentiable in the pooled activations (site → [N, units]). Only classes that are
 * present count; null when there are fewer than two of them or no module is chosen, where R is 0.
 */
export function penaltyOf(
  { statistic, modules }: Penalty,
  sites: readonly SiteInfo[],
  pooled: ReadonlyMap<string, tf.Tensor2D>,
  labels: Int32Array,
): tf.Scalar | null {
  const chosen = modules.filter((module) => sites.some((site) => site.module === module))
  if (chosen.length === 0 || new Set(labels).size < 2) return null
  const weights = membership(labels, statistic)
  const perModule = chosen.map((module) => {
    const units = sites
      .filter((site) => site.module === module)
      .map(({ name }) => batchSelectivity(pooled.get(name) as tf.Tensor2D, weights))
    return tf.mean(tf.concat(units))
  })
  return tf.mean(tf.stack(perModule)) as tf.Scalar
}
