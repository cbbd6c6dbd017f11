import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planStep, type Report } from '../gpu/compile/compile.ts'
import { chosenVariant, createChoices, withChoices } from '../gpu/kernels/choose.ts'
import { gatherDispatch, gatherProgram } from '../gpu/kernels/conv/gather.ts'
import type { Geometry } from '../gpu/kernels/conv/geometry.ts'
import { imageChannels } from '../gpu/kernels/images.ts'
import { type LabBackend, labBackend } from '../gpu/lab-backend.ts'
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

/** Runs `work` with the kernels that run untuned on a GPU of this vendor; null: with those of the adapter. */
function withKernelsOf(vendor: string | null, work: (backend: LabBackend) => void): void {
  const backend = labBackend()
  if (!backend) throw new Error('the lab’s backend is not in use')
  const { adapter } = backend.choices
  const choices = vendor === null ? backend.choices : createChoices({ ...adapter, software: false, vendor })
  withChoices(backend, choices, () => work(backend))
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
    [32, 8, 0, null],
    [224, 32, 0, 'nvidia'],
    [32, 8, -20, null],
  ])(
    'is planned to within 1.15 of the live bytes, the lower bound (side %i, batch %i, α %i, kernels of %s)',
    (inputSize, images, alpha, vendor) =>
      withKernelsOf(vendor, (backend) => {
        const sized = { ...trainee, inputSize }
        const penalty = { statistic: 'mean', modules: ['layer1', 'layer2', 'layer3'] } as const
        const shape = { images, regularized: alpha !== 0, penalty, microBatchSize: images }
        const graph = stepGraph(sized, shape)
        const report = planStep(graph.step, graph)
        expect(report.plannedBytes).toBeLessThan(1.15 * report.liveBytes)
        expect(report.plannedBytes).toBeLessThan(report.unplannedBytes / 2)
        const parameters = [...sized.parameters.values()].reduce((sum, { size }) => sum + 4 * size, 0)
        const convolutions = networkGeometries(sized.net, inputSize, images).reduce(
          (sum, g) => sum + 4 * g.images * g.outHeight * g.outWidth * g.outputs,
          0,
        )
        const state = [...sized.weights.values(), ...sized.sgd.velocity.values()].reduce(
          (sum, { size }) => sum + 4 * size,
          0,
        )
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
        const half = stepGraph(sized, { ...shape, activations: 'f16' })
        const inHalf = planStep(half.step, half)
        expect(inHalf.dispatches).toBe(report.dispatches)
        if (inputSize === 224) {
          expect(activations(inHalf)).toBeLessThan(0.55 * activations(report))
          expect(activations(planStep(half.step, { ...half, recompute: true }))).toBeLessThan(
            0.38 * activations(report),
          )
        }
        // A convolution writes the moments of its result where its program can and no parts are added afterwards.
        const hasOwn = (g: Geometry) => {
          const variant = chosenVariant(backend, 'forward', g)
          return !gatherProgram(g, 'forward', variant).withMoments || gatherDispatch(g, 'forward', variant).parts > 1
        }
        const own = networkGeometries(sized.net, inputSize, images, imageChannels(backend)).slice(0, -1).filter(hasOwn)
        const moments = report.traffic.find(({ name }) => name === 'batch-norm-moments')
        expect(moments?.dispatches ?? 0).toBe(own.length)
        if (vendor) expect(own.length).toBeLessThan(10)
      }),
  )
})
