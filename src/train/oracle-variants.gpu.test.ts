import { describe, expect, it } from 'vitest'
import { type KernelChoices, usableSchemes, workKey } from '../gpu/kernels/choose.ts'
import { type Scheme, schemeName, schemes } from '../gpu/kernels/schemes.ts'
import { labBackend } from '../gpu/lab-backend.ts'
import { testGpu } from '../testing/gpu.ts'
import { activeNames, oracleCase, oracleTruth } from '../testing/oracle.ts'
import { boundsOf } from '../testing/oracle-bounds.ts'
import { type Distances, distances, runOracle } from '../testing/oracle-run.ts'

/**
 * Runs every convolution in one scheme: every second one without splits, the others with the reduction in three splits.
 */
function forced(scheme: Scheme, adapter: KernelChoices['adapter'], first: number): KernelChoices {
  const splits = new Map<string, number>()
  const variantOf: KernelChoices['variantOf'] = (operation, geometry) => {
    const key = workKey(operation, geometry)
    const known = splits.get(key) ?? ((first + splits.size) % 2 === 0 ? 1 : 3)
    splits.set(key, known)
    return { scheme, splits: known }
  }
  return { adapter, variantOf }
}

const ways = [false, true]

/**
 * The runs of a scheme. A GPU runs it on all cases, compiled and eager. A software adapter compiles for seconds, so it
 * runs each scheme once, alternating between compiled and eager execution and among the cases. Both give the same bytes
 * (`compile.gpu.test.ts`).
 */
const runsOf = (index: number, software: boolean) =>
  software
    ? [{ name: activeNames[index % activeNames.length], eager: ways[(index >> 2) % 2] }]
    : activeNames.flatMap((name) => ways.map((eager) => ({ name, eager })))

describe.each(schemes.map((scheme, index) => ({ scheme, index, schemeName: schemeName(scheme) })))(
  'with every convolution in the scheme $schemeName',
  ({ scheme, index, schemeName: own }) => {
    it('the results are within the bounds of PyTorch’s cases', async (context) => {
      const gpu = await testGpu()
      const backend = labBackend()
      if (!backend) throw new Error('the lab’s backend is not in use')
      if (!usableSchemes(backend).some((usable) => schemeName(usable) === own)) return context.skip()
      for (const [at, { name, eager }] of runsOf(index, gpu.adapter.software).entries()) {
        const [oracle, bounds] = [oracleCase(name), boundsOf(name)]
        const choices = forced(scheme, backend.choices.adapter, index + (at >> 1))
        const found = distances(await runOracle(oracle, { gpu, eager, choices }), oracle, oracleTruth(name))
        for (const quantity of Object.keys(bounds) as (keyof Distances)[]) {
          expect(found[quantity], `${quantity} of ${name}, eager: ${eager}`).toBeLessThan(bounds[quantity])
        }
      }
    })
  },
)
