import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planStep, type Report } from '../gpu/compile/compile.ts'
import { networkGeometries } from '../model/geometries.ts'
import { architectureOf, sitesOf } from '../model/resnet.ts'
import { weightSpecs } from '../model/weight-specs.ts'
import { testGpu } from '../testing/gpu.ts'
import { createSgd } from './optimizer.ts'
import { stepGraph, type Trainee } from './step.ts'

/** ResNet-50. The values of its weights do not matter to a plan. */
function resnet50(inputSize: number): Trainee {
  const net = architectureOf({ blocks: [3, 4, 6, 3], width: 64, block: 'bottleneck', stem: 'imagenet', classes: 10 })
  const weights = new Map(
    weightSpecs(net).map(({ name, shape, trainable }) => {
      const ours = shape.length === 4 ? [shape[2], shape[3], shape[1], shape[0]] : [...shape].reverse()
      return [name, tf.tidy(() => tf.variable(tf.zeros(ours), trainable))]
    }),
  )
  const parameters = new Map([...weights].filter(([, variable]) => variable.trainable))
  const sgd = createSgd(parameters, { momentum: 0.9, weightDecay: 1e-4 })
  return { net, sites: sitesOf(net), weights, parameters, sgd, inputSize }
}

describe('the memory of ResNet-50’s compiled step', () => {
  let trainee: Trainee
  beforeAll(async () => {
    await testGpu()
    trainee = resnet50(32)
  })
  afterAll(() => {
    trainee.sgd.dispose()
    tf.dispose([...trainee.weights.values()])
  })

  // The second case is only planned: its activations would not fit into the adapter's memory.
  it.each([
    [32, 8, 0],
    [224, 32, 0],
    [32, 8, -20],
  ])(
    'is planned to within 1.15 of the live bytes, the lower bound (side %i, batch %i, α %i)',
    (inputSize, images, alpha) => {
      const own = { ...trainee, inputSize }
      const penalty = { statistic: 'mean', modules: ['layer1', 'layer2', 'layer3'] } as const
      const shape = { images, regularized: alpha !== 0, penalty, microBatchSize: images }
      const graph = stepGraph(own, shape)
      const report = planStep(graph.step, graph)
      expect(report.plannedBytes).toBeLessThan(1.15 * report.liveBytes)
      expect(report.plannedBytes).toBeLessThan(report.unplannedBytes / 2)
      const parameters = [...own.parameters.values()].reduce((sum, { size }) => sum + 4 * size, 0)
      const convolutions = networkGeometries(own.net, inputSize, images).reduce(
        (sum, g) => sum + 4 * g.images * g.outHeight * g.outWidth * g.outputs,
        0,
      )
      const state = [...own.weights.values(), ...own.sgd.velocity.values()].reduce((sum, { size }) => sum + 4 * size, 0)
      const peak = state + report.uploadedBytes + report.plannedBytes
      expect(peak).toBeLessThan(3 * parameters + 3 * convolutions)
      const recomputed = planStep(graph.step, { ...graph, recompute: true })
      const activations = (plan: Report) => plan.plannedBytes - parameters
      expect(recomputed.plannedBytes).toBeLessThan(1.15 * recomputed.liveBytes)
      expect(recomputed.dispatches).toBeLessThan(1.15 * report.dispatches)
      // At 224² the activations take nearly all; the results of the convolutions stay.
      if (inputSize === 224) expect(activations(recomputed)).toBeLessThan(0.7 * activations(report))
      else expect(recomputed.plannedBytes).toBeLessThanOrEqual(report.plannedBytes)
      // A plan asks nothing of the adapter, so this one may lack f16.
      const half = stepGraph(own, { ...shape, activations: 'f16' })
      const inHalf = planStep(half.step, half)
      expect(inHalf.dispatches).toBe(report.dispatches)
      if (inputSize === 224) {
        expect(activations(inHalf)).toBeLessThan(0.55 * activations(report))
        expect(activations(planStep(half.step, { ...half, recompute: true }))).toBeLessThan(0.38 * activations(report))
      }
    },
  )
})
