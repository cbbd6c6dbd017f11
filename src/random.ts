/**
 * Seeded random numbers. A stream is named by a seed and labels, so that any part of a run (the order of
 * epoch 7, the crop of image 12 in it) can be drawn again without drawing what came before.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number
  /** Uniform whole number in [0, below). */
  integer(below: number): number
  /** Standard normal. */
  normal(): number
  /** Shuffles in place (Fisher–Yates) and returns its argument. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T
}

/** FNV-1a over the UTF-16 code units of the labels. */
function hash(text: string, basis: number): number {
  let h = basis >>> 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619) >>> 0
  return h
}

/** sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, PractRand), 32-bit outputs. */
function sfc32(state: Uint32Array): () => number {
  let [a, b, c, counter] = state
  return () => {
    const sum = (a + b + counter) >>> 0
    counter = (counter + 1) >>> 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) >>> 0
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0
    return sum
  }
}

/** The stream of a seed and labels. The same arguments give the same numbers everywhere. */
export function stream(seed: number, ...labels: (string | number)[]): Random {
  const text = labels.join('/')
  const bits = sfc32(Uint32Array.of(seed >>> 0, hash(text, 2166136261), hash(text, (seed ^ 0x9e3779b9) >>> 0), 1))
  for (let i = 0; i < 15; i++) bits()
  const uniform = () => bits() / 4294967296
  const integer = (below: number) => Math.floor(uniform() * below)
  return {
    uniform,
    integer,
    // Box–Muller; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const swapped = items[i]
        items[i] = items[j]
        items[j] = swapped
      }
      return items
    },
  }
}
