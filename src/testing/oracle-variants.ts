/** Tests that every kernel variant meets the bounds on the well-conditioned reference cases. */
import { expect, it } from 'vitest'
import { type KernelChoices, usableSchemes, workKey } from '../gpu/kernels/choose.ts'
import { hasPanels, runs, type Scheme, schemeName, schemes } from '../gpu/kernels/schemes.ts'
import { labBackend } from '../gpu/lab-backend.ts'
import { testGpu } from './gpu.ts'
import { activeNames, oracleCase, oracleTruth } from './oracle.ts'
import { boundsOf } from './oracle-bounds.ts'
import { type Distances, distances, runOracle } from './oracle-run.ts'

/** The last scheme of a kind with panels, which has the smallest tile and compiles fastest. */
const smallest = (kind: Scheme['kind']): Scheme => schemes.findLast((scheme) => scheme.kind === kind) as Scheme
const isSmallest = (scheme: Scheme): boolean => smallest(scheme.kind) === scheme

/** Schemes whose threads load vec4s run some shapes only; the others run in this scheme. */
const substituteOf = (scheme: Scheme): Scheme =>
  hasPanels(scheme) ? smallest('tile') : (schemes.find(({ kind }) => kind === 'quad') as Scheme)

/**
 * Runs every convolution in one scheme: every second one without splits, the others with the reduction in three splits. Tile
 * and vector schemes, which are for GPUs, run with the sums and the images of a GPU; without `exhaustive` only the smallest
 * of each kind, because the barriers of these sums take a software adapter three times as long.
 */
function forced(scheme: Scheme, own: KernelChoices['adapter'], first: number): KernelChoices {
  const splits = new Map<string, number>()
  const variantOf: KernelChoices['variantOf'] = (operation, geometry) => {
    const key = workKey(operation, geometry)
    const known = splits.get(key) ?? ((first + splits.size) % 2 === 0 ? 1 : 3)
    splits.set(key, known)
    return { scheme: runs(scheme, operation, geometry) ? scheme : substituteOf(scheme), splits: known }
  }
  const asGpu = hasPanels(scheme) && (exhaustive || isSmallest(scheme))
  const adapter = { ...own, software: own.software && !asGpu }
  return { adapter, variantOf }
}

/** Set by `npm test -- --exhaustive`. */
const exhaustive = process.env.LAB_EXHAUSTIVE === '1'

/**
 * The runs of a scheme: all cases, compiled and eager, on a GPU and in the exhaustive test. Otherwise a software adapter,
 * which compiles for seconds, runs one case. Panels are slow there, too: it runs one scheme with panels compiled and the next one
 * eager, and of the vector schemes, which differ in their sizes only, the smallest.
 */
function runsOf(scheme: Scheme, index: number, software: boolean) {
  const few = software && !exhaustive
  if (few && scheme.kind === 'vector' && !isSmallest(scheme)) return []
  const ways = few && hasPanels(scheme) ? [index % 2 === 0] : [false, true]
  const names = few ? [activeNames[index % activeNames.length]] : activeNames
  return names.flatMap((name) => ways.map((eager) => ({ name, eager })))
}

/** Defines a test for each scheme of a kind. A file for each kind lets them run side by side. */
export function testSchemes(kind: Scheme['kind']): void {
  const cases = schemes.map((scheme, index) => ({ scheme, index, own: schemeName(scheme) }))
  const ofKind = cases.filter(({ scheme }) => scheme.kind === kind)
  it.for(ofKind)(
    'PyTorch’s cases are met with every convolution in the scheme $own',
    async ({ scheme, index, own }, { skip }) => {
      const gpu = await testGpu()
      const backend = labBackend()
      if (!backend) throw new Error('the lab’s backend is not in use')
      const planned = runsOf(scheme, index, gpu.adapter.software)
      if (planned.length === 0 || !usableSchemes(backend).some((usable) => schemeName(usable) === own)) skip()
      for (const [at, { name, eager }] of planned.entries()) {
        const [oracle, bounds] = [oracleCase(name), boundsOf(name)]
        const choices = forced(scheme, backend.choices.adapter, index + at)
        const found = distances(await runOracle(oracle, { gpu, eager, choices }), oracle, oracleTruth(name))
        for (const quantity of Object.keys(bounds) as (keyof Distances)[]) {
          expect(found[quantity], `${quantity} of ${name}, eager: ${eager}`).toBeLessThan(bounds[quantity])
        }
      }
    },
  )
}
