import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tensorsOf } from '../gpu/executor.ts'
import { head } from '../model/forward.ts'
import { imageSpecs, imageValues, toInput } from '../model/input.ts'
import { inBatches, type MeasuredNetwork, trainedNetwork } from '../testing/network.ts'
import { chaoticNames, oracleCase } from '../testing/oracle.ts'
import { type Linearity, linearity } from './linearity.ts'

// Logits of the well-conditioned cases hardly differ between images, so that their affine deviation magnifies rounding.
describe.each(chaoticNames)('PyTorch’s case %s', (name) => {
  const oracle = oracleCase(name)
  let measured: MeasuredNetwork
  let result: Linearity

  beforeAll(async () => {
    measured = await trainedNetwork(oracle)
    result = await linearity(measured.network, inBatches(measured.images), { seed: 1 })
  })
  afterAll(() => measured.dispose())

  it('has its affine deviation and cross-layer correlation', () => {
    const { affineDeviation } = oracle.linearity
    expect(Math.abs(result.affineDeviation / affineDeviation - 1)).toBeLessThan(1e-5)
    const { order, byK } = oracle.crossLayerCorrelation
    expect(result.crossLayerCorrelation.order).toEqual(order)
    for (const [k, table] of Object.entries(byK)) {
      const differences = table.flatMap((row, i) =>
        row.map((value, j) => Math.abs(result.crossLayerCorrelation.byK[k][i][j] - value)),
      )
      expect(differences).toHaveLength(order.length ** 2)
      expect(Math.max(...differences), `k = ${k}`).toBeLessThan(5e-5)
    }
  })

  it('gives the same numbers in batches of odd sizes, and operation by operation', async () => {
    const eager = await trainedNetwork(oracle, true)
    for (const [network, size] of [
      [measured.network, 7],
      [eager.network, 20],
    ] as const) {
      const again = await linearity(network, inBatches(measured.images, size), { seed: 1 })
      expect(again.images).toBe(20)
      // Kernels of other batch sizes add in another order. The deviation is about 0.4; a step of f32 there is 7e-8 of it.
      expect(Math.abs(again.affineDeviation / result.affineDeviation - 1)).toBeLessThan(2e-6)
      expect(again.gateConstancy).toEqual(result.gateConstancy)
      for (const [site, value] of Object.entries(again.readOut)) expect(value).toBeCloseTo(result.readOut[site], 4)
    }
    eager.dispose()
  })
})

describe('a pass over the images', () => {
  const case_ = oracleCase('plain')

  /** Mean of max(p, 1 − p) over the entries of a site's output, computed from the output itself. */
  async function constancyOf({ network, images }: MeasuredNetwork, site: string): Promise<number> {
    const { net, weights, inputSize: size } = network
    const count = images.labels.length
    const output = tf.tidy(() => {
      const inputs = tensorsOf(imageSpecs(count, { inputSize: size }), imageValues(images, count, size))
      return head(net, weights, toInput(inputs, { first: 0, count, size }), site)
    })
    const values = await output.data()
    const gates = values.length / count
    output.dispose()
    const open = Array.from(
      { length: gates },
      (_, gate) => Array.from({ length: count }, (_, n) => values[n * gates + gate]).filter((v) => v > 0).length,
    )
    return open.reduce((sum, n) => sum + Math.max(n, count - n) / count, 0) / gates
  }

  it('counts the gates of each site’s last ReLU, over units and positions', async () => {
    const measured = await trainedNetwork(case_)
    const { gateConstancy } = await linearity(measured.network, inBatches(measured.images, 6), { seed: 1 })
    for (const [site, value] of Object.entries(gateConstancy)) {
      expect(value).toBeGreaterThan(0.5)
      expect(value).toBeLessThan(1)
      expect(value, site).toBeCloseTo(await constancyOf(measured, site), 6)
    }
    measured.dispose()
  })

  it('draws its control from the seed', async () => {
    const { network, images, dispose } = await trainedNetwork(case_)
    const controls = []
    for (const seed of [1, 1, 2]) {
      const { crossLayerCorrelation } = await linearity(network, inBatches(images), { seed, draws: 2 })
      controls.push(crossLayerCorrelation.control)
    }
    expect(controls[1]).toEqual(controls[0])
    expect(controls[2]).not.toEqual(controls[0])
    dispose()
  })

  it('stops when the signal is aborted, frees all GPU memory, and needs at least one image', async () => {
    const { network, images, dispose } = await trainedNetwork(case_)
    await linearity(network, inBatches(images, 5), { seed: 1 })
    const { numTensors } = tf.memory()
    const controller = new AbortController()
    const onProgress = (done: number) => done >= 10 && controller.abort()
    await expect(
      linearity(network, inBatches(images, 5), { seed: 1, signal: controller.signal, onProgress }),
    ).rejects.toThrow(/aborted/)
    expect(tf.memory().numTensors).toBe(numTensors)
    await expect(linearity(network, inBatches({ ...images, labels: new Int32Array() }), { seed: 1 })).rejects.toThrow(
      /no images/,
    )
    dispose()
  })
})
