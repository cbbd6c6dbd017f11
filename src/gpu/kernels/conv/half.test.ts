import { describe, expect, it } from 'vitest'
import { halved } from '../../half.ts'
import type { Program } from '../../program.ts'
import { runs, type Scheme, schemeName, schemes } from '../schemes.ts'
import { filterProgram } from './filter-gradient.ts'
import { gatherProgram } from './gather.ts'
import { type Geometry, type Operation, operations } from './geometry.ts'

const geometry = (inputs: number, kernel: number, stride: number): Geometry => ({
  ...{ images: 3, height: 8, width: 8, inputs, outHeight: 8 / stride, outWidth: 8 / stride, outputs: 64 },
  ...{ kernel: [kernel, kernel], stride: [stride, stride], padding: [kernel >> 1, kernel >> 1] },
})
const geometries = [geometry(64, 1, 1), geometry(64, 3, 2), geometry(3, 7, 2), geometry(4, 7, 2)]

const programOf = (operation: Operation, g: Geometry, scheme: Scheme): Program =>
  operation === 'filter-gradient'
    ? filterProgram(g, { scheme, splits: 1 })
    : gatherProgram(g, operation, { scheme, splits: 1 })

/** The code behind each access to a buffer. */
const accesses = (code: string, name: string) => code.split(new RegExp(`(?<![\\w.])${name}\\[`)).slice(1)

describe.each(schemes.map((scheme) => ({ scheme, own: schemeName(scheme) })))('the scheme $own', ({ scheme }) => {
  it.each(operations)('has a %s whose images and results may be in f16', (operation) => {
    for (const g of geometries.filter((one) => runs(scheme, operation, one))) {
      const plain = programOf(operation, g, scheme)
      const variants = [plain.plus, plain.withMoments].flatMap((variant) => (variant ? [variant()] : []))
      for (const program of [plain, ...variants]) {
        const names = [...(program.half?.reads ?? []), ...Object.keys(program.half?.writes ?? {})]
        const operands =
          operation === 'filter-gradient'
            ? ['gradient']
            : 'addend' in program.inputs
              ? ['addend', 'result']
              : ['result']
        expect(names).toEqual(['source', ...operands])
        const { code } = halved(program, Object.fromEntries(names.map((name) => [name, 3])))
        for (const name of names) {
          const loads = code.match(new RegExp(`\\((?:f32|vec4f)\\(${name}\\[`, 'g'))?.length ?? 0
          const stores = accesses(code, name).filter((after) => /^[^;]*\] = (?:f32|vec4f)ToHalf\(/.test(after)).length
          expect(loads + stores, `${program.key}: ${name}`).toBe(accesses(code, name).length)
        }
      }
    }
  })
})
