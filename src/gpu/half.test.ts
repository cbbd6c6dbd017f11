import { describe, expect, it } from 'vitest'
import { halfKey, halved } from './half.ts'
import { type Program, wgslOf } from './program.ts'

const program = (code: string, type: 'f32' | 'vec4f' = 'f32'): Program => ({
  key: 'test',
  outputs: { y: type, mask: 'u32' },
  inputs: { x: type, at: 'u32' },
  uniforms: {},
  half: { reads: ['x'], writes: { y: 'gradient' } },
  code,
})

const codeOf = (code: string, exponents = { x: 0, y: 0 }) => halved(program(code), exponents).code.trimStart()
/** The code without the functions before it. */
const bodyOf = (code: string, exponents = { x: 0, y: 0 }) =>
  codeOf(code, exponents).replace(/^fn f32ToHalf[^}]*}\n/, '')

describe('a program with buffers in f16', () => {
  it('converts every load and store of them, and nothing else', () => {
    expect(bodyOf('y[i] = x[i];')).toBe('y[i] = f32ToHalf((f32(x[i])));')
    expect(bodyOf('y[at[i]] = max(x[at[x0]], row.x[2]);')).toBe(
      'y[at[i]] = f32ToHalf((max(f32(x[at[x0]]), row.x[2])));',
    )
    expect(bodyOf('if (y[i] == 1f) { sum += y[i + 1]; }')).toBe('if (f32(y[i]) == 1f) { sum += f32(y[i + 1]); }')
    expect(bodyOf('let a = x[u32(x[0])].y; mask[i] = 1u;')).toBe('let a = f32(x[u32(f32(x[0]))]).y; mask[i] = 1u;')
  })

  it('stores values times a power of two, and divides what it loads by it', () => {
    expect(bodyOf('y[i] = x[i] + y[j];', { x: 2, y: -3 })).toBe(
      'y[i] = f32ToHalf(((f32(x[i]) * 0.25f) + (f32(y[j]) * 8f)) * 0.125f);',
    )
  })

  it('declares the types and the extension, and has a key of its own', () => {
    const half = halved(program('fn main() { y[0] = x[0]; }', 'vec4f'), { y: 9 })
    expect(half.key).toBe(halfKey(program(''), { y: 9 }))
    expect(half.key).not.toBe(halfKey(program(''), { y: 8 }))
    const wgsl = wgslOf(half)
    expect(wgsl).toMatch(/^enable f16;/)
    expect(wgsl).toContain('read_write> y : array<vec4h>')
    expect(wgsl).toContain('read> x : array<vec4f>')
    expect(wgsl).toContain('y[0] = vec4fToHalf((x[0]) * 512f);')
  })

  it('takes the code that the program has for a result in f16', () => {
    const own = {
      ...program('y[0] = 1f;'),
      half: { reads: ['x'], writes: { y: 'gradient' }, code: () => 'y[0] = 2f;' },
    } as const
    expect(halved(own, { y: 0 }).code).toContain('f32ToHalf((2f))')
    expect(halved(own, { x: 0 }).code).toContain('y[0] = 1f;')
  })

  it('refuses an access that it cannot convert, and a buffer that the program does not name', () => {
    for (const code of ['y[i] += 1f;', 'y[i].x = 1f;', 'y[i] <<= 1u;', 'y[i'])
      expect(() => codeOf(code), code).toThrow(/cannot store in f16: y\[i]|no closing bracket/)
    expect(() => halved(program(''), { mask: 0 })).toThrow('program test cannot store mask in f16')
    expect(() => halved(program(''), { z: 0 })).toThrow('program test cannot store z in f16')
  })
})
