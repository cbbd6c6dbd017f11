import { beforeAll, describe, expect, it } from 'vitest'
import { relativeDifference } from '../gpu/self-test.ts'
import { activations } from '../measure/evaluate.ts'
import { createSelectivity } from '../measure/selectivity.ts'
import { sitesOf } from '../model/resnet.ts'
import { testGpu } from '../testing/gpu.ts'
import { trainedNetwork } from '../testing/network.ts'
import { activeNames, chaoticNames, floats, oracleCase, oracleNames, oracleTruth } from '../testing/oracle.ts'
import { boundsOf } from '../testing/oracle-bounds.ts'
import { ablationOf, type Distances, distances, runOracle } from '../testing/oracle-run.ts'

const ways = [
  { eager: false, how: 'compiled' },
  { eager: true, how: 'operation by operation' },
]
const each = <T extends string>(names: readonly T[]) => names.flatMap((name) => ways.map((way) => ({ name, ...way })))

describe.each(each(activeNames))('PyTorch’s case $name, $how,', ({ name, eager }) => {
  const bounds = boundsOf(name)
  let found: Distances

  beforeAll(async () => {
    const oracle = oracleCase(name)
    found = distances(await runOracle(oracle, { gpu: await testGpu(), eager }), oracle, oracleTruth(name))
  })

  it.each(Object.keys(bounds) as (keyof Distances)[])('meets the bound of %s', (quantity) => {
    expect(found[quantity]).toBeLessThan(bounds[quantity])
  })
})

describe.each(each(chaoticNames))('PyTorch’s case $name, $how,', ({ name, eager }) => {
  it('is within twice the spread of PyTorch’s own float32 runs around float64', async () => {
    const [oracle, truth] = [oracleCase(name), oracleTruth(name)]
    const run = await runOracle(oracle, { gpu: await testGpu(), eager })
    const found = distances(run, oracle, truth)
    const { spread } = truth
    expect(found.losses).toBeLessThan(2 * spread.losses)
    expect(found.changes).toBeLessThan(2 * spread.weights)
    expect(found.selectivity).toBeLessThan(2 * spread.selectivity)
    expect(found.evaluation).toBeLessThan(2 * spread.evaluation)
    // The first step's forward pass is not chaotic. The test above compares later values with float64.
    expect(found.pooled).toBeLessThan(1e-5)
    const [{ crossEntropy, penalty }] = oracle.steps
    expect(Math.abs(run.steps[0].crossEntropy / crossEntropy - 1)).toBeLessThan(1e-6)
    expect(Math.abs(run.steps[0].penalty / penalty - 1)).toBeLessThan(1e-5)
    expect(found.gradients).toBeLessThan(Math.max(1e-4, 2 * spread.weights))
  })
})

describe.each(oracleNames)('PyTorch’s trained network of %s', (name) => {
  it('has the same logits, selectivity and ablated logits in evaluation mode', async () => {
    const oracle = oracleCase(name)
    const { config, tensors } = oracle
    const { network, images, dispose } = await trainedNetwork(oracle)
    try {
      const { logits, pooled } = await activations(network, images)
      expect(relativeDifference(logits, floats(tensors, 'eval.logits'))).toBeLessThan(1e-5)
      const calculator = createSelectivity(sitesOf(network.net), config.classes, 0)
      calculator.add(pooled, images.labels, [])
      for (const { site, selectivity } of calculator.result()) {
        const expected = floats(tensors, `eval.selectivity/${site}`)
        selectivity.forEach((value, u) => {
          expect(Math.abs(value - expected[u]), `${site} unit ${u}`).toBeLessThan(1e-4)
        })
      }
      const ablated = await activations(network, images, ablationOf(oracle, network.net))
      expect(relativeDifference(ablated.logits, floats(tensors, 'eval.ablated.logits'))).toBeLessThan(1e-5)
      expect(relativeDifference(ablated.logits, logits)).toBeGreaterThan(1e-3)
    } finally {
      dispose()
    }
  })
})
