import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { relativeDifference } from '../gpu/self-test.ts'
import { type Architecture, sitesOf } from '../model/resnet.ts'
import { stream } from '../random.ts'
import { inBatches, type MeasuredNetwork, trainedNetwork } from '../testing/network.ts'
import { floats, oracleCase } from '../testing/oracle.ts'
import { ablationOf, type PerUnit, type Replacement, type UnitSet } from './ablation.ts'
import { ablationCurves, type CurvePoint, type CurvesRequest, curveAreas } from './ablation-curves.ts'
import { type Ablations, activations, evaluate, type Network } from './evaluate.ts'
import { impactCorrelations, unitEffects } from './unit-effects.ts'
import { createScorer, type ImageBatches } from './variant-scorer.ts'

const oracle = oracleCase('full-batch')
const zero = { mode: 'zero' } as const
let measured: MeasuredNetwork
let eager: MeasuredNetwork

beforeAll(async () => {
  measured = await trainedNetwork(oracle)
  eager = await trainedNetwork(oracle, true)
})
afterAll(() => {
  measured.dispose()
  eager.dispose()
})

const imagesOf = ({ images }: MeasuredNetwork, size = 8): ImageBatches => ({
  images: images.labels.length,
  batches: () => inBatches(images, size),
})

/** Made-up selectivity of all units. */
const selectivityOf = (net: Architecture): PerUnit =>
  new Map(
    sitesOf(net).map(({ name, units }) => {
      const random = stream(1, name)
      return [name, Float64Array.from({ length: units }, () => random.uniform())]
    }),
  )

/** An ablation that names all sites, so that one graph evaluates every ablation. */
const everywhere = ({ net }: Network, units: UnitSet, how: Replacement = zero): Ablations => {
  const none = sitesOf(net).map(({ name }) => [name, [] as ArrayLike<number>] as const)
  return ablationOf(sitesOf(net), new Map([...none, ...units]), how)
}

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const result of results) found.push(result)
  return found
}

describe('a scorer of variants', () => {
  it('gives the same scores as the whole network, for any units and any number of variants at once', async () => {
    const { network, images } = measured
    const sites = sitesOf(network.net)
    const some = { images: images.images.subarray(0, images.images.length / 2), labels: images.labels.subarray(0, 10) }
    const batches = imagesOf({ ...measured, images: some }, 4)
    const unit = fc.integer({ min: 0, max: 31 })
    const variant = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), unit), { maxLength: 5 })
    const drawnVariants = fc.array(variant, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(drawnVariants, fc.constantFrom(1, 2 ** 26), async (drawn, bytes) => {
        const ablations = drawn.map((units) =>
          everywhere(
            network,
            units.reduce((found, [s, u]) => {
              const { name } = sites[s]
              return found.set(name, [...(found.get(name) ?? []), u])
            }, new Map<string, number[]>()),
          ),
        )
        const scorer = createScorer(network, batches, 'layer1.0', { bytes })
        const scores = await scorer.score(ablations)
        scorer.dispose()
        for (const [i, ablate] of ablations.entries()) {
          const expected = await evaluate(network, batches.batches(), ablate)
          expect(scores[i].loss).toBeCloseTo(expected.loss, 6)
          expect(scores[i]).toMatchObject({ images: 10, top1: expected.top1, top5: expected.top5 })
        }
      }),
      { numRuns: 4, seed: 7 },
    )
  })

  it.each(['layer1.0', 'layer2.0', 'layer3.0', 'layer4.0'])(
    'agrees with evaluation for ablations from %s on, compiled and eager',
    async (site) => {
      const { network } = measured
      const sites = sitesOf(network.net)
      const ablate = ablationOf(sites, new Map([[site, Array.from({ length: 20 }, (_, u) => u)]]), zero)
      const scorers = [measured, eager].map((m) => createScorer(m.network, imagesOf(m), site))
      const [compiled, plain] = await Promise.all(scorers.map((scorer) => scorer.score([new Map(), ablate])))
      for (const scorer of scorers) scorer.dispose()
      expect(plain).toEqual(compiled)
      const [whole, without] = compiled
      const expected = await evaluate(network, imagesOf(measured).batches())
      expect(whole.loss).toBeCloseTo(expected.loss, 6)
      expect(without.loss).not.toBe(whole.loss)
      expect(whole.classTop1.reduce((a, b) => a + b) / 5).toBeCloseTo(whole.top1, 10)
    },
  )

  it('refuses earlier and unknown sites', async () => {
    const { network } = measured
    const sites = sitesOf(network.net)
    const scorer = createScorer(network, imagesOf(measured), 'layer2.0')
    const before = ablationOf(sites, new Map([['layer1.0', [0]]]), zero)
    await expect(scorer.score([before])).rejects.toThrow('cannot ablate layer1.0 behind layer2.0')
    expect(() => createScorer(network, imagesOf(measured), 'layer9.0')).toThrow('unknown site: layer9.0')
  })

  it('frees all GPU memory', async () => {
    const { network } = measured
    const use = async () => {
      const scorer = createScorer(network, imagesOf(measured), 'layer2.0')
      await scorer.score([new Map()])
      scorer.dispose()
    }
    await use()
    const [{ numTensors }, bytes] = [tf.memory(), network.executor.bytes()]
    await use()
    expect(tf.memory().numTensors).toBe(numTensors)
    expect(network.executor.bytes()).toBe(bytes)
  })
})

describe('ablation', () => {
  it('of no unit changes nothing, bit for bit', async () => {
    const { network, images } = measured
    const sites = sitesOf(network.net)
    const nothing = ablationOf(sites, new Map(sites.map(({ name }) => [name, []])), zero)
    const [plain, ablated] = [await activations(network, images), await activations(network, images, nothing)]
    expect(ablated.logits).toEqual(plain.logits)
  })

  it('of all units of the last site leaves the classifier’s bias', async () => {
    const { network, images } = measured
    const sites = sitesOf(network.net)
    const units = Array.from({ length: sites[3].units }, (_, u) => u)
    const { logits } = await activations(network, images, ablationOf(sites, new Map([['layer4.0', units]]), zero))
    const bias = floats(oracle.tensors, 'state.after/fc.bias')
    for (let n = 0; n < images.labels.length; n++) expect([...logits.slice(5 * n, 5 * n + 5)]).toEqual([...bias])
  })

  it('has PyTorch’s logits', async () => {
    const { network, images } = measured
    const units = new Map(Object.entries(oracle.ablation.units))
    const { logits } = await activations(network, images, ablationOf(sitesOf(network.net), units, zero))
    expect(relativeDifference(logits, floats(oracle.tensors, 'eval.ablated.logits'))).toBeLessThan(1e-5)
  })
})

describe('curves', () => {
  const request = (extra: Partial<CurvesRequest> = {}): CurvesRequest => ({
    ...zero,
    modules: ['layer1', 'layer3'],
    orders: ['selective', 'random', 'least'],
    draws: 2,
    points: 4,
    selectivity: selectivityOf(measured.network.net),
    seed: 1,
    ...extra,
  })

  it('start at the whole network, end without the module, and agree with evaluation in between', async () => {
    const { network } = measured
    const points = await all(ablationCurves(network, imagesOf(measured), request()))
    expect(points).toHaveLength(2 * 4 * 4)
    const whole = await evaluate(network, imagesOf(measured).batches())
    for (const { n, share, loss, module } of points) {
      expect(share).toBeCloseTo(n / (module === 'layer1' ? 32 : 128), 7)
      if (n === 0) expect(loss).toBeCloseTo(whole.loss, 6)
    }
    const half = points.find(({ module, order, n }) => module === 'layer3' && order === 'selective' && n === 43)
    const selectivity = selectivityOf(network.net).get('layer3.0') as Float64Array
    const top = [...selectivity.keys()].sort((a, b) => selectivity[b] - selectivity[a]).slice(0, 43)
    const expected = await evaluate(
      network,
      imagesOf(measured).batches(),
      ablationOf(sitesOf(network.net), new Map([['layer3.0', top]]), zero),
    )
    expect(half?.loss).toBeCloseTo(expected.loss, 6)
    expect(half).toMatchObject({ top1: expected.top1, top5: expected.top5 })
  })

  it('skip known points, and are the same when measured in pieces', async () => {
    const { network } = measured
    const whole = await all(ablationCurves(network, imagesOf(measured), request()))
    const first: CurvePoint[] = []
    for await (const point of ablationCurves(network, imagesOf(measured), request())) {
      first.push(point)
      if (first.length === 10) break
    }
    const known = ({ module, order, draw, n }: Pick<CurvePoint, 'module' | 'order' | 'draw' | 'n'>) =>
      first.some((p) => p.module === module && p.order === order && p.draw === draw && p.n === n)
    const rest = await all(ablationCurves(network, imagesOf(measured), request({ known })))
    expect([...first, ...rest]).toEqual(whole)
    expect(await all(ablationCurves(network, imagesOf(measured), request({ known: () => true })))).toEqual([])
  })

  it('stop when the signal is aborted, and report progress', async () => {
    const { network } = measured
    const controller = new AbortController()
    const reported: number[] = []
    const onProgress = (done: number, total: number) => {
      reported.push(done / total)
      if (reported.length === 2) controller.abort()
    }
    const points = ablationCurves(network, imagesOf(measured), request(), { signal: controller.signal, onProgress })
    await expect(all(points)).rejects.toThrow(/aborted/)
    expect(reported[1]).toBeGreaterThan(reported[0])
    const shares: number[] = []
    await all(
      ablationCurves(network, imagesOf(measured), request(), {
        onProgress: (done, total) => shares.push(done / total),
      }),
    )
    expect(shares.at(-1)).toBe(1)
  })

  it('have areas in multiples of the whole network’s values', () => {
    const point = (n: number, value: number, order: 'selective' | 'random' = 'selective'): CurvePoint => ({
      module: 'layer1',
      order,
      draw: 0,
      n,
      share: n / 4,
      loss: value,
      top1: value / 10,
      top5: 0,
    })
    const points = [point(4, 0), point(0, 2), point(2, 2), point(0, 5, 'random'), point(4, 5, 'random')]
    const areas = [
      { loss: 0.75, top1: 0.75, top5: Number.NaN },
      { loss: 1, top1: 1 },
    ]
    expect(curveAreas(points)).toMatchObject(areas)
  })
})

describe('single units', () => {
  it('have the same effect as in an evaluation, in the modes zero and mean', async () => {
    const { network, images } = measured
    const sites = sitesOf(network.net)
    const selectivity = selectivityOf(network.net)
    const preferredClass = new Map(sites.map(({ name, units }) => [name, new Int32Array(units).fill(2)]))
    const { pooled } = await activations(network, images)
    const means = new Map(
      sites.map(({ name, units }) => {
        const values = pooled.get(name) as Float32Array
        return [
          name,
          Float64Array.from(
            { length: units },
            (_, u) => values.filter((__, i) => i % units === u).reduce((a, b) => a + b) / 20,
          ),
        ]
      }),
    )
    const units = new Map([
      ['layer4.0', [7]],
      ['layer2.0', [0, 3, 40]],
    ])
    const whole = await evaluate(network, imagesOf(measured).batches())
    for (const how of [zero, { mode: 'mean', means }] as const) {
      const effects = await all(
        unitEffects(network, imagesOf(measured), { ...how, units, selectivity, preferredClass }),
      )
      expect(effects.map(({ site, unit }) => `${site}:${unit}`)).toEqual([
        'layer2.0:0',
        'layer2.0:3',
        'layer2.0:40',
        'layer4.0:7',
      ])
      for (const { site, unit, loss, lossIncrease, top1, top1Drop, preferredTop1 } of effects) {
        const ablate = everywhere(network, new Map([[site, [unit]]]), how)
        const expected = await evaluate(network, imagesOf(measured).batches(), ablate)
        expect(loss).toBeCloseTo(expected.loss, 6)
        expect(lossIncrease).toBeCloseTo(expected.loss - whole.loss, 6)
        expect([top1, top1Drop]).toEqual([expected.top1, expect.closeTo(whole.top1 - expected.top1, 10)])
        const { logits } = await activations(network, images, ablate)
        const right = [8, 9, 10, 11].filter((n) => {
          const own = logits.slice(5 * n, 5 * n + 5)
          return own.indexOf(Math.max(...own)) === 2
        })
        expect(preferredTop1).toBe(right.length / 4)
      }
    }
  })

  it('have exactly no effect if the unit is dead', async () => {
    const { network } = measured
    const request = { ...zero, units: new Map([['layer3.0', [5]]]), selectivity: new Map(), preferredClass: new Map() }
    const scorer = createScorer(network, imagesOf(measured), 'layer3.0')
    const [first, second] = await scorer.score([new Map(), new Map()])
    scorer.dispose()
    expect(second).toEqual(first)
    expect((await all(unitEffects(network, imagesOf(measured), request)))[0].unit).toBe(5)
  })

  it('correlate with selectivity by module', () => {
    const effect = (unit: number, impact: number) => ({
      module: 'layer1',
      site: 'layer1.0',
      unit,
      selectivity: unit,
      preferredClass: 0,
      loss: 1,
      top1: 0,
      top5: 0,
      preferredTop1: 0,
      lossIncrease: impact,
      top1Drop: -impact,
      preferredTop1Drop: 0,
    })
    const effects = Array.from({ length: 30 }, (_, i) => effect(i, i ** 2))
    const [{ module, units, lossIncrease, top1Drop, preferredTop1Drop }] = impactCorrelations(effects, 1)
    expect({ module, units }).toEqual({ module: 'layer1', units: 30 })
    expect(lossIncrease.rho).toBeCloseTo(1, 7)
    expect(lossIncrease.lower).toBeCloseTo(1, 7)
    expect(top1Drop.rho).toBeCloseTo(-1, 7)
    expect(preferredTop1Drop.rho).toBeNaN()
  })
})
