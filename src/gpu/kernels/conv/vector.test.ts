import { describe, expect, it } from 'vitest'
import { wgslOf } from '../../program.ts'
import { chunkRows } from '../chunk-moments.ts'
import { panelBytes, runs, type Scheme, schemeName, schemes, type VectorScheme } from '../schemes.ts'
import { filterProgram } from './filter-gradient.ts'
import { gatherProgram } from './gather.ts'
import { type Geometry, operations } from './geometry.ts'

const geometry = (inputs: number, outputs: number, size: number, stride: number): Geometry => ({
  images: 32,
  height: 28,
  width: 28,
  inputs,
  outHeight: 28 / stride,
  outWidth: 28 / stride,
  outputs,
  kernel: [size, size],
  stride: [stride, stride],
  padding: [(size - 1) / 2, (size - 1) / 2],
})

const geometries = [geometry(64, 256, 1, 1), geometry(128, 128, 3, 1), geometry(128, 128, 3, 2), geometry(4, 64, 7, 2)]

const isVector = (scheme: Scheme): scheme is VectorScheme => scheme.kind === 'vector'

const codes = (scheme: VectorScheme) =>
  geometries.flatMap((g) =>
    operations
      .filter((operation) => runs(scheme, operation, g))
      .map((operation) => {
        const variant = { scheme, splits: 1 }
        return wgslOf(
          operation === 'filter-gradient' ? filterProgram(g, variant) : gatherProgram(g, operation, variant),
        )
      }),
  )

/** The loop over panels, up to the addition to the result. */
function mainLoop(code: string): string {
  const begin = code.indexOf('for (; step < last; step++)')
  const end = code.indexOf('let hidden')
  expect(begin).toBeGreaterThan(0)
  expect(end).toBeGreaterThan(begin)
  return code.slice(begin, end).replaceAll(/\/\/.*/g, '')
}

const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length

/** What fast machine code needs (docs/performance.md), as far as the WGSL decides it. */
describe.each(schemes.filter(isVector).map((scheme) => ({ scheme, own: schemeName(scheme) })))('$own', ({ scheme }) => {
  const all = codes(scheme)

  it('runs three operations on usual shapes and reads buffers as vec4s', () => {
    expect(all).toHaveLength(3 * geometries.length)
    for (const code of all) expect(count(code, /var<storage, \w+> \w+ : array<vec4f>;/g)).toBe(3)
  })

  it('divides only by constants in the loop over panels', () => {
    for (const code of all) expect(mainLoop(code)).not.toMatch(/[/%] *(?!\d)\S/)
  })

  it('issues the loads of the next panels before the arithmetic', () => {
    for (const code of all) {
      const loop = mainLoop(code)
      const loads = [...loop.matchAll(/= (source|filter_|gradient)\[/g)].map(({ index }) => index)
      expect(loads.length).toBeGreaterThan(1)
      expect(Math.max(...loads)).toBeLessThan(loop.indexOf('fma('))
    }
  })

  it.skipIf(scheme.threadRows * scheme.threadColumns < 64)('issues these loads in all threads', () => {
    for (const code of all) {
      const loop = mainLoop(code)
      expect(loop.slice(loop.indexOf('if (step + 1 < last)'), loop.indexOf('fma('))).not.toMatch(/if \(thread < /)
    }
  })

  it('reads workgroup memory once for at least 14 multiply-adds with 8 × 8 outputs a thread, 8 with fewer', () => {
    const least = scheme.threadRows * scheme.threadColumns >= 64 ? 14 : 8
    for (const code of all) {
      const loop = mainLoop(code)
      expect((4 * count(loop, /fma\(/g)) / count(loop, /= panel[AB]\[/g)).toBeGreaterThanOrEqual(least)
    }
  })

  it('also writes moments where its tiles are whole chunks, in the same loop over panels', () => {
    for (const g of geometries) {
      const plain = gatherProgram(g, 'forward', { scheme, splits: 1 })
      expect(gatherProgram(g, 'input-gradient', { scheme, splits: 1 }).withMoments).toBeUndefined()
      const program = plain.withMoments?.()
      expect(program !== undefined, plain.key).toBe(scheme.rows % chunkRows === 0)
      if (!program) continue
      expect(mainLoop(program.code)).toBe(mainLoop(plain.code))
      const memory = /var<workgroup> .*/g
      expect(program.code.match(memory)).toEqual(plain.code.match(memory))
    }
  })

  it('needs no more workgroup memory than it states', () => {
    for (const code of all) {
      const lengths = [...code.matchAll(/var<workgroup> \w+ : array<vec4f, (\d+)>/g)].map(([, length]) =>
        Number(length),
      )
      expect(lengths).toHaveLength(2)
      expect(16 * (lengths[0] + lengths[1])).toBeLessThanOrEqual(panelBytes(scheme))
    }
  })
})
