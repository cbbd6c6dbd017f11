import { describe, expect, it } from 'vitest'
import { ablationOf, sampleUnits, sitesIn, unitOrder } from './ablation.ts'
import { unitCounts } from './ablation-curves.ts'

const sites = ['layer1.0', 'layer1.1', 'layer4.2'].map((name) => ({ name, module: name.slice(0, 6), units: 6 }))
const selectivity = new Map(sites.map(({ name }, s) => [name, [3, 1, 2, 1, 5, 0].map((v) => v + 10 * s)]))

describe('an ablation', () => {
  it('sets the chosen units to 0 or to their means and does not change the others', () => {
    const units = new Map([['layer1.1', [1, 4]]])
    const means = new Map([['layer1.1', [1, 2, 3, 4, 5, 6]]])
    expect([...ablationOf(sites, units, { mode: 'zero' })]).toEqual([
      ['layer1.1', { keep: Float32Array.of(1, 0, 1, 1, 0, 1), fill: new Float32Array(6) }],
    ])
    expect(ablationOf(sites, units, { mode: 'mean', means }).get('layer1.1')?.fill).toEqual(
      Float32Array.of(0, 2, 0, 0, 5, 0),
    )
  })

  it('refuses unknown sites, units and modules, and missing means', () => {
    const of = (site: string, unit: number) => () => ablationOf(sites, new Map([[site, [unit]]]), { mode: 'zero' })
    expect(of('layer5.0', 0)).toThrow('unknown site: layer5.0 (have layer1.0 … layer4.2)')
    expect(of('layer1.0', 6)).toThrow('unknown unit: layer1.0:6 (layer1.0 has units 0 … 5)')
    expect(of('layer1.0', 0.5)).toThrow('unknown unit')
    expect(() => ablationOf(sites, new Map([['layer1.0', [0]]]), { mode: 'mean' })).toThrow(
      'no mean of unit layer1.0:0',
    )
    expect(() => sitesIn(sites, 'layer2')).toThrow('unknown module: layer2 (have layer1, layer4)')
  })
})

describe('orders', () => {
  const how = { selectivity, seed: 1, draw: 0 }

  it('follow selectivity; equally selective units follow their number', () => {
    expect([...unitOrder(sites[0], 'selective', how)]).toEqual([4, 0, 2, 1, 3, 5])
    expect([...unitOrder(sites[0], 'least', how)]).toEqual([5, 1, 3, 2, 0, 4])
  })

  it('of random ablation are permutations, which depend on seed, site and draw', () => {
    const order = (draw: number, seed = 1, site = 0) => [...unitOrder(sites[site], 'random', { ...how, draw, seed })]
    expect(order(0).sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(order(1)).toEqual(order(1))
    const drawn = [order(0), order(1), order(0, 2), order(0, 1, 1)].map(String)
    expect(new Set(drawn).size).toBe(4)
  })

  it('are cut at evenly spaced numbers of units', () => {
    expect(unitCounts(64, 5)).toEqual([0, 16, 32, 48, 64])
    expect(unitCounts(3, 11)).toEqual([0, 1, 2, 3])
  })
})

describe('a sample', () => {
  it('has one unit from each part of the units sorted by selectivity', () => {
    const sample = sampleUnits(sites.slice(0, 2), selectivity, { count: 4, seed: 1 })
    // Sorted: the units of layer1.0 in the order 5, 1, 3, 2, 0, 4, then those of layer1.1 in the same order. Each part
    // has three units.
    const [low, high] = ['layer1.0', 'layer1.1'].map((site) => sample.get(site) ?? [])
    for (const units of [low, high]) {
      expect(units).toHaveLength(2)
      expect(units.filter((u) => [5, 1, 3].includes(u))).toHaveLength(1)
    }
    expect(sampleUnits(sites.slice(0, 2), selectivity, { count: 4, seed: 1 })).toEqual(sample)
  })

  it('has all units if the module has no more', () => {
    const sample = sampleUnits(sites.slice(2), selectivity, { count: 100, seed: 1 })
    expect([...sample]).toEqual([['layer4.2', [0, 1, 2, 3, 4, 5]]])
  })
})
