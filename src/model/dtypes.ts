/** The number types of safetensors files, and their conversion to 32-bit floats. */

/** Bits of one element of each type. */
export const bitsOf = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const

export type Dtype = keyof typeof bitsOf

export const isDtype = (value: unknown): value is Dtype => typeof value === 'string' && Object.hasOwn(bitsOf, value)

/** The types that can become 32-bit floats. */
export const floatTypes = ['F32', 'F16', 'BF16', 'F64'] as const

/** The value of an IEEE 754 half. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

let halves: Float32Array | undefined

function widenHalves(words: Uint16Array): Float32Array<ArrayBuffer> {
  halves ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => half(bits))
  const table = halves
  return Float32Array.from(words, (bits) => table[bits])
}

/** A bfloat16 is the upper half of a 32-bit float. */
const widenBrains = (words: Uint16Array) =>
  new Float32Array(Uint32Array.from(words, (bits) => (bits << 16) >>> 0).buffer)

/** Values as 32-bit floats; 64-bit floats are rounded. Null for types that are not floats. `bytes` are little-endian. */
export function widened(dtype: Dtype, bytes: Uint8Array): Float32Array<ArrayBuffer> | null {
  const { buffer } = new Uint8Array(bytes)
  if (dtype === 'F32') return new Float32Array(buffer)
  if (dtype === 'F16') return widenHalves(new Uint16Array(buffer))
  if (dtype === 'BF16') return widenBrains(new Uint16Array(buffer))
  return dtype === 'F64' ? Float32Array.from(new Float64Array(buffer)) : null
}
