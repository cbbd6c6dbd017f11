import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../random.ts'
import { createIndices } from './indices.ts'
import { aggregate, createSelectivity, selectivityIndex, shuffledLabels, summarize } from './selectivity.ts'
import { quantile } from './statistics.ts'

const site = (units: number, name = 'layer1.0') => ({ name, module: name.slice(0, 6), units })

describe('the selectivity index', () => {
  it('follows its definition', () => {
    expect(selectivityIndex([3, 1, 1])).toEqual({ selectivity: 2 / 4.000001, preferredClass: 0 })
    expect(selectivityIndex([0, 0, 5]).selectivity).toBeCloseTo(1, 6)
    expect(selectivityIndex([2, 2]).selectivity).toBe(0)
    expect(selectivityIndex([0, 0, 0])).toEqual({ selectivity: 0, preferredClass: 0 })
  })

  it('lies between 0 and 1 and ignores scale', () => {
    const means = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(means, (values) => {
        const { selectivity } = selectivityIndex(values)
        const scaled = selectivityIndex(values.map((v) => v * 10)).selectivity
        return selectivity >= 0 && selectivity <= 1 && Math.abs(selectivity - scaled) < 1e-4
      }),
    )
  })
})

describe('the calculator', () => {
  it('gives every class the same weight, whatever its number of images, batch by batch', () => {
    const calculator = createSelectivity([site(2)], 3, 0)
    calculator.add(new Map([['layer1.0', Float32Array.of(4, 0, 2, 0, 1, 0)]]), Int32Array.of(0, 0, 1), [])
    calculator.add(new Map([['layer1.0', Float32Array.of(2, 0)]]), Int32Array.of(2), [])
    // Unit 0: class means 3, 1, 2; unit 1 is dead.
    expect(calculator.result()).toEqual([
      {
        site: 'layer1.0',
        module: 'layer1',
        selectivity: [expect.closeTo(1.5 / 4.5, 5), 0],
        floor: [0, 0],
        preferredClass: [0, 0],
        dead: [0, 1],
      },
    ])
  })

  it('gives the index of the preferred class also if some classes have no images', () => {
    const calculator = createSelectivity([site(1)], 10, 0)
    calculator.add(new Map([['layer1.0', Float32Array.of(1, 5)]]), Int32Array.of(3, 7), [])
    expect(calculator.result()[0].preferredClass).toEqual([7])
  })

  it('gives the same numbers for any division of the images into batches', () => {
    const random = stream(3, 'batches')
    const pooled = Float32Array.from({ length: 24 * 5 }, () => random.uniform())
    const labels = Int32Array.from({ length: 24 }, (_, i) => i % 4)
    const shuffles = shuffledLabels(labels, (i) => stream(9, i), 3)
    const run = (size: number) => {
      const calculator = createSelectivity([site(5)], 4, 3)
      for (let at = 0; at < 24; at += size) {
        const cut = (values: Int32Array) => values.subarray(at, at + size)
        calculator.add(
          new Map([['layer1.0', pooled.subarray(at * 5, (at + size) * 5)]]),
          cut(labels),
          shuffles.map(cut),
        )
      }
      return calculator.result()
    }
    expect(run(5)).toEqual(run(24))
  })

  it('has a floor that equals the index of units without class information, and is lower for other units', () => {
    const random = stream(4, 'floor')
    const labels = Int32Array.from({ length: 400 }, (_, i) => i % 4)
    const pooled = new Float32Array(400 * 40)
    for (let n = 0; n < 400; n++)
      for (let u = 0; u < 40; u++) pooled[n * 40 + u] = random.uniform() + (u >= 20 && labels[n] === u % 4 ? 1 : 0)
    const calculator = createSelectivity([site(40)], 4, 5)
    calculator.add(
      new Map([['layer1.0', pooled]]),
      labels,
      shuffledLabels(labels, (i) => stream(8, i), 5),
    )
    const [{ selectivity, floor, preferredClass }] = calculator.result()
    const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
    expect(average(selectivity.slice(0, 20))).toBeCloseTo(average(floor.slice(0, 20)), 1.7)
    expect(average(selectivity.slice(20))).toBeGreaterThan(3 * average(floor.slice(20)))
    expect(preferredClass.slice(20, 24)).toEqual([0, 1, 2, 3])
  })

  it('refuses wrong sizes, unknown sites and a single class', () => {
    const calculator = createSelectivity([site(2)], 3, 0)
    expect(() => calculator.add(new Map([['layer1.0', new Float32Array(3)]]), Int32Array.of(0), [])).toThrow(
      /site layer1\.0: 3 \(expected 1 × 2\)/,
    )
    expect(() => calculator.add(new Map(), Int32Array.of(0), [])).toThrow(/none/)
    expect(() => calculator.add(new Map(), Int32Array.of(0), [Int32Array.of(0)])).toThrow(
      /label shuffles: 1 \(expected 0\)/,
    )
    calculator.add(new Map([['layer1.0', new Float32Array(2)]]), Int32Array.of(0), [])
    expect(() => calculator.result()).toThrow(/at least two classes; have 1/)
  })

  it('aggregates units to modules and modules to the network', () => {
    const probe = (name: string, selectivity: number[]) => ({
      site: name,
      module: name.slice(0, 6),
      selectivity,
      floor: selectivity.map(() => 0.1),
      preferredClass: [],
      dead: selectivity.map((v) => (v === 0 ? 1 : 0)),
    })
    const sites = [probe('layer1.0', [0, 1]), probe('layer1.1', [0.5, 0.5, 0.5, 0.5]), probe('layer2.0', [1, 1])]
    const { modules, network } = aggregate(sites)
    expect(modules.map(({ module, selectivity, dead, units }) => [module, selectivity, dead, units])).toEqual([
      ['layer1', 0.5, 1, 6],
      ['layer2', 1, 0, 2],
    ])
    expect(network).toEqual({ selectivity: 0.75, floor: 0.1 })
    expect(summarize(sites.slice(0, 1))).toMatchObject({ lower: 0.25, upper: 0.75 })
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  })
})

describe('other indices', () => {
  it('follow their definitions', () => {
    const indices = createIndices(2, 1)
    // Class 0: 4, 6 (mean 5, variance 1); class 1: 1, 3, 2 (mean 2, variance 2/3).
    indices.add(Float32Array.of(4, 6, 1), Int32Array.of(0, 0, 1))
    indices.add(Float32Array.of(3, 2), Int32Array.of(1, 1))
    const { ccmas, dprime, precision } = indices.result()
    expect(ccmas?.[0]).toBeCloseTo(3 / 7, 5)
    expect(dprime?.[0]).toBeCloseTo(3 / Math.sqrt((1 + 2 / 3) / 2), 10)
    expect(precision?.[0]).toBe(3 / 5)
  })

  it('are computed as requested, including SI', () => {
    const indices = createIndices(3, 1, ['selectivity', 'dprime'])
    indices.add(Float32Array.of(4, 2, 1, 2), Int32Array.of(0, 0, 1, 2))
    expect(Object.keys(indices.result())).toEqual(['selectivity', 'dprime'])
    expect(indices.result().selectivity?.[0]).toBeCloseTo(1.5 / 4.5, 5)
  })

  it('take precision from the 60 most activating images', () => {
    const indices = createIndices(3, 1)
    const labels = Int32Array.from({ length: 300 }, (_, i) => (i < 45 ? 1 : i % 3))
    indices.add(
      Float32Array.from(labels, (_, i) => 300 - i),
      labels,
    )
    const top = [...labels.slice(0, 60)].filter((l) => l === 1).length
    expect(indices.result().precision?.[0]).toBeCloseTo(top / 60, 12)
  })

  it('exclude images on which the unit is zero from precision; a dead unit has none', () => {
    const indices = createIndices(3, 2, ['precision', 'ccmas', 'dprime'])
    // The images are sorted by class. Unit 0 is dead. Unit 1 is active on two images of class 2 and one of class 1.
    const labels = Int32Array.from({ length: 150 }, (_, i) => Math.floor(i / 50))
    const pooled = new Float32Array(300)
    for (const image of [60, 120, 130]) pooled[2 * image + 1] = 1
    indices.add(pooled, labels)
    const { precision, ccmas, dprime } = indices.result()
    expect([...(precision ?? [])]).toEqual([Number.NaN, 2 / 3])
    expect([ccmas?.[0], dprime?.[0]]).toEqual([0, 0])
  })
})
