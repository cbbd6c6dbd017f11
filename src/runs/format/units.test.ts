import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SiteProbe } from '../../protocol/run-events.ts'
import { madeSites, resnet50Sites, toySites } from '../../testing/probes.ts'
import { bytesOfUnit, packUnits, recordBytes, summariesOf, unpackUnits } from './units.ts'

const anySites = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }).chain((counts) =>
  fc.tuple(
    ...counts.map((units, i) =>
      fc.record({
        site: fc.constant(`layer1.${i}`),
        module: fc.constant('layer1'),
        selectivity: fc.array(fc.double(), { minLength: units, maxLength: units }),
        floor: fc.array(fc.double(), { minLength: units, maxLength: units }),
        preferredClass: fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: units, maxLength: units }),
        dead: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: units, maxLength: units }),
      }),
    ),
  ),
)

const layoutOf = (sites: readonly SiteProbe[]) =>
  sites.map(({ site, module, selectivity }) => ({ name: site, module, units: selectivity.length }))

test('a record gives back every value, bit for bit', () => {
  fc.assert(
    fc.property(anySites, (sites) => {
      const record = packUnits(layoutOf(sites), sites)
      expect(record && unpackUnits(layoutOf(sites), record)).toEqual(sites)
    }),
  )
})

test('a record of a ResNet-50 has 287 kB', () => {
  expect(recordBytes(resnet50Sites)).toBe(15_104 * bytesOfUnit)
  expect(packUnits(resnet50Sites, madeSites(resnet50Sites, 1))).toHaveLength(286_976)
})

test('the first bytes of a record are the selectivity of the first units, little endian', () => {
  const record = packUnits(
    [{ name: 'a', module: 'm', units: 1 }],
    [{ site: 'a', module: 'm', selectivity: [1], floor: [0], preferredClass: [258], dead: [1] }],
  )
  expect([...(record ?? [])]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1])
})

const [first, second] = madeSites(toySites, 1)

test.each<[string, SiteProbe[]]>([
  ['no sites', []],
  ['a missing site', [first]],
  ['another order', [second, first]],
  ['another module', [{ ...first, module: 'layer9' }, second]],
  ['too few units', [{ ...first, floor: [0] }, second]],
  ['a class beyond 16 bits', [{ ...first, preferredClass: [0, 1, 65_536] }, second]],
  ['a class that is no index', [{ ...first, preferredClass: [0, 1, -1] }, second]],
  ['a flag that is none', [{ ...first, dead: [0, 1, 2] }, second]],
])('a probe that a record cannot hold without loss has none: %s', (_, sites) => {
  expect(packUnits(toySites, sites)).toBeNull()
})

test('a record of another length is an error', () => {
  expect(() => unpackUnits(toySites, new Uint8Array(94))).toThrow(/94 bytes instead of 95/)
})

test('the means of a site count dead units and keep what is not finite', () => {
  const sites = [{ ...second, selectivity: [0.5, 0.25], floor: [0.1, 0.3], dead: [1, 0] }, first]
  expect(summariesOf(sites)).toEqual([
    { site: 'layer2.0', module: 'layer2', units: 2, selectivity: 0.375, floor: 0.2, dead: 1 },
    expect.objectContaining({ site: 'layer1.0', selectivity: Number.NaN }),
  ])
})
