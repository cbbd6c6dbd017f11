import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSelectivity } from './selectivity.ts'
import { createUnitRecorder } from './units.ts'

const site = { name: 'layer1.0', module: 'layer1', units: 2 }
const pooled = (...values: number[]) => new Map([[site.name, Float32Array.from(values)]])

describe('the unit recorder', () => {
  it('has tuning, preferred class, selectivity and the most activating images', () => {
    const recorder = createUnitRecorder([site], 4, 3)
    recorder.add(pooled(1, 0, 5, 0), Int32Array.of(0, 1))
    recorder.add(pooled(3, 0, 5, 0, 1, 0), Int32Array.of(0, 1, 3))
    const expected = {
      site: 'layer1.0',
      unit: 0,
      selectivity: expect.closeTo(3.5 / 6.5, 6),
      preferredClass: 1,
      dead: false,
      mean: 3,
      tuning: [2, 5, Number.NaN, 1],
      top: [
        { image: 1, activation: 5 },
        { image: 3, activation: 5 },
        { image: 2, activation: 3 },
      ],
    }
    expect(recorder.profile('layer1.0', 0)).toEqual(expected)
    expect(recorder.profile('layer1.0', 1)).toMatchObject({ dead: true, selectivity: 0, mean: 0, top: [] })
  })

  it('stores the same images as sorting, without inactive ones, and has the calculator’s selectivity', () => {
    const image = fc.record({ label: fc.integer({ min: 0, max: 2 }), value: fc.integer({ min: 0, max: 6 }) })
    fc.assert(
      fc.property(fc.array(image, { minLength: 1, maxLength: 40 }), (images) => {
        const all = [{ label: 0, value: 1 }, { label: 1, value: 2 }, ...images]
        const recorder = createUnitRecorder([site], 3, 4)
        const calculator = createSelectivity([site], 3, 0)
        for (const { label, value } of all) {
          recorder.add(pooled(value, 0), Int32Array.of(label))
          calculator.add(pooled(value, 0), Int32Array.of(label), [])
        }
        const sorted = all
          .map(({ value }, i) => ({ image: i, activation: value }))
          .filter(({ activation }) => activation > 0)
        sorted.sort((a, b) => b.activation - a.activation || a.image - b.image)
        const profile = recorder.profile('layer1.0', 0)
        expect(profile.top).toEqual(sorted.slice(0, 4))
        const [{ selectivity, preferredClass }] = calculator.result()
        expect(profile).toMatchObject({ selectivity: selectivity[0], preferredClass: preferredClass[0] })
      }),
    )
  })

  it('refuses missing activations, a single class, and unknown units and sites', () => {
    const recorder = createUnitRecorder([site], 2, 1)
    expect(() => recorder.add(new Map(), Int32Array.of(0))).toThrow('wrong activations of site layer1.0: none')
    recorder.add(pooled(1, 1), Int32Array.of(0))
    expect(() => recorder.profile('layer1.0', 0)).toThrow('at least two classes; have 1')
    expect(() => recorder.profile('layer1.0', 2)).toThrow('unknown unit: layer1.0:2 (layer1.0 has units 0 … 1)')
    expect(() => recorder.profile('layer2.0', 0)).toThrow('unknown site: layer2.0')
  })
})
