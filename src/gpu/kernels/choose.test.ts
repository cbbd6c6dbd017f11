import { describe, expect, it } from 'vitest'
import { type AdapterTraits, createChoices, usableSchemes } from './choose.ts'
import { filterProgram } from './conv/filter-gradient.ts'
import { gatherProgram } from './conv/gather.ts'
import { type Geometry, operations } from './conv/geometry.ts'
import { hasPanels, runs, schemeName, schemes, threadsOf, variantName } from './schemes.ts'
import { plainSpeed } from './speeds.ts'

const defaults = { maxComputeInvocationsPerWorkgroup: 256, maxComputeWorkgroupStorageSize: 16384 }

const geometry = (images: number, size: number, channels: number): Geometry => ({
  images,
  height: size,
  width: size,
  inputs: channels,
  outHeight: size,
  outWidth: size,
  outputs: channels,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1],
})

const works = operations.flatMap((operation) =>
  [geometry(2, 8, 16), geometry(32, 56, 64), geometry(64, 7, 512)].map((g) => ({ operation, g })),
)

const cases: [string, AdapterTraits, string][] = [
  ['a GPU with WebGPU’s default limits', { software: false, features: [], limits: defaults }, 'vector'],
  [
    'a GPU with 128 threads in a workgroup',
    { software: false, features: [], limits: { ...defaults, maxComputeInvocationsPerWorkgroup: 128 } },
    'vector',
  ],
  [
    'a GPU with 2 KiB of workgroup memory',
    { software: false, features: ['subgroups'], limits: { ...defaults, maxComputeWorkgroupStorageSize: 2048 } },
    'register',
  ],
  [
    'a software adapter with subgroups',
    { software: true, features: ['subgroups'], limits: defaults },
    'quad vector-quad',
  ],
  ['a software adapter without subgroups', { software: true, features: [], limits: defaults }, 'register'],
]

describe.each(cases)('%s', (_, adapter, kind) => {
  it(`runs ${kind} schemes`, () => {
    const { variantOf } = createChoices(adapter)
    expect(new Set(works.map(({ operation, g }) => variantOf(operation, g).scheme.kind))).toEqual(
      new Set(kind.split(' ')),
    )
  })

  it('uses no scheme beyond its limits, not even a recorded one', () => {
    const usable = usableSchemes({ choices: createChoices(adapter) })
    for (const scheme of usable) {
      if (!hasPanels(scheme)) continue
      expect(threadsOf(scheme)).toBeLessThanOrEqual(adapter.limits.maxComputeInvocationsPerWorkgroup)
    }
    const names = new Set(usable.map(schemeName))
    const [{ operation, g }] = works
    const key = 'forward 2x8x8x16>8x8x16 3x3/1x1+1x1'
    for (const recorded of ['quad-8x16x4', 'tile-128x64x16-8x4', 'register-8x4']) {
      expect(names).toContain(schemeName(createChoices(adapter, { [key]: recorded }).variantOf(operation, g).scheme))
    }
  })
})

it('a quad numbers its threads as the subgroup does, which may differ from the order in the workgroup', () => {
  const quads = schemes.filter(({ kind }) => kind.endsWith('quad'))
  expect(new Set(quads.map(({ kind }) => kind)).size).toBe(2)
  for (const { operation, g } of works) {
    for (const scheme of quads.filter((one) => runs(one, operation, g))) {
      const variant = { scheme, splits: 1 }
      const { code } =
        operation === 'filter-gradient' ? filterProgram(g, variant) : gatherProgram(g, operation, variant)
      const [, name] = /@builtin\(subgroup_invocation_id\) (\w+) : u32/.exec(code) ?? []
      const [, body] = code.split('@builtin(local_invocation_index) index : u32')
      expect(code).toContain(scheme.kind === 'quad' ? 'quadBroadcast(' : 'quadSwapX(')
      expect(body).toContain(`let lane = i32(${name} % 4);`)
      // Only where the workgroup has more than one subgroup does a quad have its number from the place in the workgroup.
      expect(body.replace('select(index, invocation, subgroupSize >= 8)', '')).not.toMatch(/\bindex\b/)
    }
  }
})

it('every scheme without panels has an expected speed, of which the best is 1', () => {
  const speeds = schemes.filter((scheme) => !hasPanels(scheme)).map(plainSpeed)
  expect(speeds.every((speed) => speed > 0 && speed <= 1)).toBe(true)
  expect(Math.max(...speeds)).toBe(1)
})

it('a software adapter takes the fastest tile, and smaller ones where there is little work', () => {
  const { variantOf } = createChoices({ software: true, features: ['subgroups'], limits: defaults })
  const names = [geometry(8, 28, 64), geometry(8, 8, 16), geometry(8, 4, 8)].map((g) =>
    schemeName(variantOf('forward', g).scheme),
  )
  expect(names).toEqual(['vector-quad-16x64x4-2', 'quad-8x16x4', 'quad-4x8x4'])
})

it('a software adapter takes tiles of few rows where these skip taps on padding', () => {
  const { variantOf } = createChoices({ software: true, features: ['subgroups'], limits: defaults })
  const named = (g: Geometry) => schemeName(variantOf('forward', g).scheme)
  // Eight images: a tile of 8 rows is one of the four pixels, and four of nine taps are on the image.
  expect(named(geometry(8, 2, 1024))).toBe('vector-quad-8x64x4-2')
  expect(named({ ...geometry(8, 2, 1024), kernel: [1, 1], padding: [0, 0] })).toBe('vector-quad-16x64x4-2')
  // Vectors of four channels need multiples of four.
  expect(named({ ...geometry(8, 28, 64), outputs: 70 })).toMatch(/^quad-/)
})

describe('the guess on a GPU', () => {
  const guessOn = (vendor: string, architecture: string, g: Geometry) =>
    variantName(
      createChoices({
        software: false,
        vendor,
        architecture,
        features: [],
        limits: { ...defaults, ...wide },
      }).variantOf('forward', g),
    )
  const wide = { maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupStorageSize: 32768 }
  const large = geometry(32, 28, 128)

  it.each([
    ['nvidia', 'hopper', 'vector-128x64x16-8x8'],
    ['nvidia', 'ampere', 'vector-128x64x16-8x8'],
    ['amd', 'rdna-2', 'vector-128x128x16-8x8'],
    ['amd', 'gcn-4', 'vector-64x64x16-8x4'],
    ['intel', 'xe', 'vector-64x64x16-4x4'],
    ['apple', 'metal-3', 'vector-64x64x16-8x4'],
    ['', '', 'vector-64x64x16-8x4'],
  ])('suits %s %s', (vendor, architecture, expected) => {
    expect(guessOn(vendor, architecture, large)).toBe(expected)
  })

  it('takes smaller tiles or splits for few outputs, and tiles of single numbers for odd channels', () => {
    expect(guessOn('nvidia', 'ampere', geometry(4, 7, 512))).toMatch(/^vector-(64x64|32x32)|\/\d+$/)
    expect(guessOn('nvidia', 'ampere', geometry(32, 28, 30))).toMatch(/^tile-/)
  })
})
