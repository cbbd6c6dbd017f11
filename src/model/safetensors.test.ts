import { describe, expect, it } from 'vitest'
import { parseSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts'

const tensors = new Map<string, StoredTensor>([
  ['a', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ['b', { dtype: 'F32', shape: [1, 2], data: Float32Array.of(0.5, -1e30) }],
  ['c', { dtype: 'I64', shape: [], data: BigInt64Array.of(-5n) }],
])

describe('safetensors', () => {
  it('are equal after writing and reading, including unaligned offsets', () => {
    const file = writeSafetensors({ tensors, metadata: { format: 'pt' } })
    expect(parseSafetensors(file)).toEqual({ tensors, metadata: { format: 'pt' } })
    expect(parseSafetensors(Buffer.from(file)).tensors).toEqual(tensors)
    expect((new DataView(file.buffer).getBigUint64(0, true) + 8n) % 8n).toBe(0n)
  })

  it.each([
    ['an empty file', () => new Uint8Array(0), /not a safetensors file/],
    ['some other file', () => new TextEncoder().encode('{"this":"is not one of them"}'), /not a safetensors file/],
    ['a truncated one', () => writeSafetensors({ tensors, metadata: {} }).slice(0, -4), /truncated: tensor c/],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => parseSafetensors(bytes())).toThrow(message)
  })
})
