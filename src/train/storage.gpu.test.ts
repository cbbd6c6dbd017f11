import { expect, it } from 'vitest'
import { testGpu } from '../testing/gpu.ts'
import { activeNames, oracleCase, oracleTruth } from '../testing/oracle.ts'
import { distances, runOracle } from '../testing/oracle-run.ts'

it('measures', async () => {
  const gpu = await testGpu()
  for (const name of activeNames.slice(1, 3)) {
    const oracle = oracleCase(name)
    const b = distances(await runOracle(oracle, { gpu, eager: false, activations: 'f16' }), oracle, oracleTruth(name))
    expect(b.losses, JSON.stringify(b)).toBeLessThan(1)
  }
})
