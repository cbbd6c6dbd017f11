import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flipped } from '../testing/corpus.ts'
import { hostileJson, readOrRefused } from '../testing/hostile.ts'
import { floatsOf, parseSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts'
import { SafetensorsError } from './safetensors-header.ts'

const tensors = new Map<string, StoredTensor>([
  ['a', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
  ['b', { dtype: 'F32', shape: [1, 2], data: Float32Array.of(0.5, -1e30) }],
  ['c', { dtype: 'I64', shape: [], data: BigInt64Array.of(-5n) }],
])

/** A file with this header and this many bytes behind it. */
function rawFile(header: string | Uint8Array, body = 0, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const file = new Uint8Array(8 + text.length + body)
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true)
  file.set(text, 8)
  return file
}

const floats = (from: number, to: number, count = (to - from) / 4) =>
  `{"dtype":"F32","shape":[${count}],"data_offsets":[${from},${to}]}`

describe('safetensors', () => {
  it('are equal after writing and reading, including unaligned offsets', () => {
    const file = writeSafetensors({ tensors, metadata: { format: 'pt' } })
    expect(parseSafetensors(file)).toEqual({ tensors, metadata: { format: 'pt' } })
    expect(parseSafetensors(Buffer.from(file)).tensors).toEqual(tensors)
    expect((new DataView(file.buffer).getBigUint64(0, true) + 8n) % 8n).toBe(0n)
  })

  it('may have tensors of any name', () => {
    const one: StoredTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(7) }
    const odd = new Map(['__proto__', 'constructor', 'toString', '7', 'a"b\\', ''].map((name) => [name, one]))
    const read = parseSafetensors(writeSafetensors({ tensors: odd, metadata: { constructor: 'x' } }))
    expect([...read.tensors.keys()].sort()).toEqual([...odd.keys()].sort())
    expect(read.metadata).toEqual({ constructor: 'x' })
    expect(({} as Record<string, unknown>).dtype).toBeUndefined()
  })

  it.each([
    ['an empty file', () => new Uint8Array(0), /not a safetensors file/],
    ['some other file', () => new TextEncoder().encode('{"this":"is not one of them"}'), /not a safetensors file/],
    [
      'a .pth file',
      () => Uint8Array.of(0x50, 0x4b, 3, 4, ...new Array(60).fill(0)),
      /a PyTorch file; save its weights/,
    ],
    ['an old .pth file', () => Uint8Array.of(0x80, 2, 0x8a, 10, ...new Array(60).fill(0)), /a PyTorch file; save its/],
    [
      'a pointer of Git LFS',
      () => new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'),
      /of Git LFS/,
    ],
    ['a header of 640 bytes that was cut', () => rawFile('{"a"', 0, 640n), /or a truncated one$/],
    ['a truncated one', () => writeSafetensors({ tensors, metadata: {} }).slice(0, -4), /truncated: tensor c/],
    ['a giant header', () => rawFile('{}', 0, 2n ** 63n), /not a safetensors file/],
    ['a header that is no object', () => rawFile('null'), /not a JSON object/],
    ['a header that is a list', () => rawFile('[1]'), /not a JSON object/],
    ['a header that is no UTF-8', () => rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x30, 0x7d)), /not JSON/],
    ['a name that stands twice', () => rawFile(`{"a":${floats(0, 4)},"a":${floats(0, 4)}}`, 4), /the name a twice/],
    ['the same, written differently', () => rawFile(`{"a" :${floats(0, 4)},"\\u0061":0}`, 4), /the name a twice/],
    ['a shape that stands twice', () => rawFile('{"a":{"dtype":"U8","shape":[1],"shape":[2]}}'), /name shape twice/],
    ['overlapping tensors', () => rawFile(`{"a":${floats(0, 8)},"b":${floats(4, 8)}}`, 8), /b overlaps another/],
    ['a gap', () => rawFile(`{"a":${floats(0, 4)},"b":${floats(8, 12)}}`, 12), /4 bytes before tensor b/],
    ['bytes behind the tensors', () => rawFile(`{"a":${floats(0, 4)}}`, 9), /5 bytes behind the last tensor/],
    ['reversed offsets', () => rawFile(`{"a":${floats(4, 0, 1)}}`, 4), /size of tensor a/],
    [
      'offsets that are no numbers',
      () => rawFile('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,"1"]}}'),
      /header of/,
    ],
    [
      'a shape beyond all bounds',
      () => rawFile('{"a":{"dtype":"U8","shape":[9e15,9e15],"data_offsets":[0,1]}}'),
      /does not match its shape/,
    ],
    ['a tensor that is no object', () => rawFile('{"a":null}'), /dtype of tensor a/],
    ['an unknown type', () => rawFile('{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,1]}}'), /tensor a: "Q4"/],
    ['metadata that is no text', () => rawFile('{"__metadata__":{"epoch":3}}'), /metadata epoch is not a text/],
    ['metadata that is no object', () => rawFile('{"__metadata__":["x"]}'), /metadata is not a JSON object/],
  ])('refuse %s', (_, bytes, message) => {
    expect(() => parseSafetensors(bytes())).toThrow(SafetensorsError)
    expect(() => parseSafetensors(bytes())).toThrow(message)
  })

  it('that are damaged anywhere are read or refused with a reason', () => {
    const whole = writeSafetensors({ tensors, metadata: { format: 'pt', classes: '["a","b"]' } })
    const damage = fc.record({ seed: fc.integer(), flips: fc.nat({ max: 4 }), keep: fc.nat({ max: whole.length }) })
    let refused = 0
    fc.assert(
      fc.property(damage, ({ seed, flips, keep }) => {
        const bytes = keep < 8 ? whole : whole.slice(0, keep)
        try {
          const read = parseSafetensors(flipped(bytes, seed, flips))
          for (const { dtype, shape, data } of read.tensors.values()) {
            expect(typeof dtype).toBe('string')
            expect(data.length).toBeGreaterThanOrEqual(shape.reduce((a, b) => a * b, 1) > 0 ? 1 : 0)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError)
          refused++
        }
      }),
      { numRuns: 2000 },
    )
    expect(refused).toBeGreaterThan(1000)
  })
})

describe('a header with a hostile value', () => {
  const header = {
    __metadata__: { format: 'pt' },
    a: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
    b: { dtype: 'U8', shape: [3], data_offsets: [8, 11] },
  }

  it('is read as it is, or refused with a reason', async () => {
    let [kept, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(hostileJson(header), async (json) => {
        const found = await readOrRefused(() => parseSafetensors(rawFile(json, 11)), [SafetensorsError])
        if (found === null) refused++
        else {
          kept++
          for (const { shape, data } of found.tensors.values())
            expect(data.length).toBe(shape.reduce((x, y) => x * y, 1))
        }
      }),
      { numRuns: 500 },
    )
    expect([kept > 10, refused > 100]).toEqual([true, true])
  })
})

describe('numbers of other types', () => {
  const tensorOf = (dtype: StoredTensor['dtype'], words: Uint16Array | Float64Array): StoredTensor => {
    const data = new Uint8Array(words.buffer)
    const file = writeSafetensors({
      tensors: new Map<string, StoredTensor>([
        ['odd', { dtype: 'U8', shape: [1], data: Uint8Array.of(1) }],
        ['x', { dtype, shape: [words.length], data }],
      ]),
      metadata: {},
    })
    return parseSafetensors(file).tensors.get('x') as StoredTensor
  }

  it('widen halves: normal, subnormal, zeros of both signs, infinities and NaN', () => {
    const bits = [0x3c00, 0xc000, 0x3555, 0x7bff, 0x0400, 0x0001, 0x83ff, 0x0000, 0x8000, 0x7c00, 0xfc00, 0x7e00]
    const expected = [1, -2, 0.333251953125, 65504, 2 ** -14, 2 ** -24, -1023 * 2 ** -24, 0, -0]
    const values = floatsOf(tensorOf('F16', Uint16Array.from(bits)))
    expect([...(values ?? [])]).toEqual([...expected, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])
  })

  it('widen bfloat16, the upper half of a float', () => {
    const exact = Float32Array.of(1, -2.5, 3.140625, 1e38, 2 ** -133, -0, Number.POSITIVE_INFINITY)
    const upper = Uint16Array.from(new Uint32Array(exact.buffer), (word) => word >>> 16)
    const values = floatsOf(tensorOf('BF16', upper))
    expect([...(values ?? [])].slice(0, 3)).toEqual([1, -2.5, 3.140625])
    expect(new Uint32Array((values as Float32Array<ArrayBuffer>).buffer)).toEqual(
      new Uint32Array(exact.buffer).map((word) => word & 0xffff0000),
    )
  })

  it('round doubles to the nearest float', () => {
    const doubles = Float64Array.of(0.1, -1 / 3, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e-50, 1e300)
    const values = floatsOf(tensorOf('F64', doubles))
    expect([...(values ?? [])]).toEqual([...doubles].map(Math.fround))
    expect(values?.[2]).toBe(1)
    expect(values?.[5]).toBe(Number.POSITIVE_INFINITY)
  })

  it('are no floats where they are integers or quantized', () => {
    for (const dtype of ['I8', 'F8_E4M3', 'F8_E5M2', 'BOOL'] as const)
      expect(floatsOf({ dtype, shape: [2], data: Uint8Array.of(1, 2) })).toBeNull()
  })
})
