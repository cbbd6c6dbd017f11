/** The inverse cosine transform of libjpeg's accurate integer method (jidctint.c), to the bit. */

const [constBits, passBits] = [13, 2]
const fixed = (value: number) => Math.round(value * 2 ** constBits)
const f0298 = fixed(0.298631336)
const f0390 = fixed(0.39018064)
const f0541 = fixed(0.5411961)
const f0765 = fixed(0.765366865)
const f0899 = fixed(0.899976223)
const f1175 = fixed(1.175875602)
const f1501 = fixed(1.50132111)
const f1847 = fixed(1.847759065)
const f1961 = fixed(1.96157056)
const f2053 = fixed(2.053119869)
const f2562 = fixed(2.562915447)
const f3072 = fixed(3.072711026)

/** Transforms 8 values of `values` from `at` on, `step` apart, in place; divides by 2^shift, rounded. */
function transform(values: Int32Array, at: number, step: number, shift: number): void {
  const [s2, s6] = [values[at + 2 * step], values[at + 6 * step]]
  const z = Math.imul(s2 + s6, f0541)
  const even2 = z + Math.imul(s6, -f1847)
  const even3 = z + Math.imul(s2, f0765)
  const [s0, s4] = [values[at], values[at + 4 * step]]
  const even0 = (s0 + s4) << constBits
  const even1 = (s0 - s4) << constBits
  const [a0, a3, a1, a2] = [even0 + even3, even0 - even3, even1 + even2, even1 - even2]

  const [s7, s5, s3, s1] = [values[at + 7 * step], values[at + 5 * step], values[at + 3 * step], values[at + step]]
  const z5 = Math.imul(s7 + s3 + s5 + s1, f1175)
  const z1 = Math.imul(s7 + s1, -f0899)
  const z2 = Math.imul(s5 + s3, -f2562)
  const z3 = Math.imul(s7 + s3, -f1961) + z5
  const z4 = Math.imul(s5 + s1, -f0390) + z5
  const o0 = Math.imul(s7, f0298) + z1 + z3
  const o1 = Math.imul(s5, f2053) + z2 + z4
  const o2 = Math.imul(s3, f3072) + z2 + z3
  const o3 = Math.imul(s1, f1501) + z1 + z4

  const half = 1 << (shift - 1)
  values[at] = (a0 + o3 + half) >> shift
  values[at + 7 * step] = (a0 - o3 + half) >> shift
  values[at + step] = (a1 + o2 + half) >> shift
  values[at + 6 * step] = (a1 - o2 + half) >> shift
  values[at + 2 * step] = (a2 + o1 + half) >> shift
  values[at + 5 * step] = (a2 - o1 + half) >> shift
  values[at + 3 * step] = (a3 + o0 + half) >> shift
  values[at + 4 * step] = (a3 - o0 + half) >> shift
}

const values = new Int32Array(64)

/** Writes the 8 × 8 samples of a block to `out`, whose rows are `stride` apart. */
export function inverseDct(
  coefficients: Int16Array,
  from: number,
  quantization: Uint16Array,
  out: Uint8Array,
  to: number,
  stride: number,
): void {
  for (let i = 0; i < 64; i++) values[i] = coefficients[from + i] * quantization[i]
  for (let column = 0; column < 8; column++) transform(values, column, 8, constBits - passBits)
  for (let row = 0; row < 8; row++) transform(values, 8 * row, 1, constBits + passBits + 3)
  for (let y = 0, i = 0; y < 8; y++)
    for (let x = 0, at = to + y * stride; x < 8; x++) out[at++] = Math.min(255, Math.max(0, values[i++] + 128))
}
