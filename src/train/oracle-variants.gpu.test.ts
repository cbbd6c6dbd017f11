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

/** A GPU runs each scheme on all cases; a software adapter, which compiles for seconds, on one case each. */
const casesFor = (index: number, software: boolean) =>
  software ? [activeNames[index % activeNames.length]] : activeNames

describe.each(schemes.map((scheme, index) => ({ scheme, index, name: schemeName(scheme) })))(
  'with every convolution in the scheme $name',
  ({ scheme, index, name }) => {
    it('the results are within the bounds of PyTorch’s cases, compiled and eager', async (context) => {
      const gpu = await testGpu()
      const backend = labBackend()
      if (!backend) throw new Error('the lab’s backend is not in use')
      if (!usableSchemes(backend).some((usable) => schemeName(usable) === name)) return context.skip()
      for (const [at, name] of casesFor(index, gpu.adapter.software).entries()) {
        const [oracle, bounds] = [oracleCase(name), boundsOf(name)]
        for (const eager of [false, true]) {
          const choices = forced(scheme, backend.choices.adapter, index + at)
          const found = distances(await runOracle(oracle, { gpu, eager, choices }), oracle, oracleTruth(name))
          for (const quantity of Object.keys(bounds) as (keyof Distances)[]) {
            expect(found[quantity], `${quantity} of ${name}, eager: ${eager}`).toBeLessThan(bounds[quantity])
          }
        }
      }
    })
  },
)
