/**
 * WGSL of normalizing and of ReLU's mask. The backward programs repeat the exact expressions of the forward program, so that they
 * find the same signs.
 */
import { nanSafe, type Vector } from '../vectors.ts'

export interface NormShape {
  readonly rows: number
  readonly channels: number
}

/** Operations fused with the normalization. */
export interface NormFusion {
  readonly relu: boolean
  readonly residual: boolean
}

export const normalized = {
  /** Declares the statistics of channel `c`; `statisticsProgram` has their order. */
  constants: (c: string): string => `
  let mean = statistics[${c}];
  let inverse = statistics[u.channels + ${c}];
  let factor = statistics[2u * u.channels + ${c}];
  let lost = statistics[3u * u.channels + ${c}];
  let shift = statistics[4u * u.channels + ${c}];`,
  /** x without the mean. An error of the mean would move a whole channel, and with it the signs of values near zero. */
  centered: (x: string): string => `(${x} - mean) - lost`,
  value: (centered: string): string => `fma(${centered}, factor, shift)`,
}

/**
 * Whether the forward program writes a mask of the values that ReLU passes. Without a residual the backward programs compute it
 * from x.
 */
export const hasMask = ({ relu, residual }: NormFusion): boolean => relu && residual

/** Functions for `behindRelu`. `passes` is true where ReLU's result is not 0; NaN passes. */
export function passes({ relu }: NormFusion, vector: Vector): string {
  if (!relu) return ''
  const [bits, truth] = vector.width === 4 ? ['vec4u', 'vec4<bool>'] : ['u32', 'bool']
  return `${nanSafe(vector)}
fn passes(value : ${vector.type}) -> ${truth} { return bitcast<${bits}>(relu(value)) != ${bits}(); }
fn bitsOf(word : u32) -> ${truth} { return (${bits}(word) & ${bitPlaces(vector)}) != ${bits}(); }
`
}

/** Vectors whose bits share a word of the mask, `maskThreads` apart, so that neighbors in memory are neighboring threads. */
export const vectorsOfWord = 8
export const maskThreads = 256

/** Words of the mask of `count` vectors. */
export const maskWords = (count: number): number => Math.ceil(count / (vectorsOfWord * maskThreads)) * maskThreads

const bitPlaces = ({ width }: Vector) => (width === 4 ? 'vec4u(1u, 2u, 4u, 8u)' : '1u')

/** The bits of a vector, in their place in the word. */
export function maskBits(vector: Vector, value: string, k: string): string {
  const places = `select(${vector.width === 4 ? 'vec4u' : 'u32'}(), ${bitPlaces(vector)}, passes(${value}))`
  return vector.width === 4 ? `dot(${places}, vec4u(1u)) << (4u * (${k}))` : `${places} << (4u * (${k}))`
}

/** Whether ReLU passed the values of vector `at`. */
export const maskAt = (at: string): string =>
  `bitsOf(mask[(${at} >> ${Math.log2(vectorsOfWord * maskThreads)}u) * ${maskThreads}u + (${at} & ${maskThreads - 1}u)] >> (4u * ((${at} >> ${Math.log2(maskThreads)}u) & ${vectorsOfWord - 1}u)))`

/** The gradient behind ReLU. */
export function behindRelu(
  fusion: NormFusion,
  { type }: Vector,
  { dy, centered, mask }: { dy: string; centered: string; mask: string },
): string {
  if (!fusion.relu) return dy
  return `select(${type}(), ${dy}, ${hasMask(fusion) ? mask : `passes(${normalized.value(centered)})`})`
}
