/** Affine deviation, streaming over pairs of images. */

/**
 * Which images form the pairs of the affine deviation. `seeded`: neighbors of the canonical order, which the run's seed
 * permutes. `data-order`: each even image of the dataset and the odd one after it, as in the PyTorch cases.
 */
export const pairings = ['seeded', 'data-order'] as const
export type Pairing = (typeof pairings)[number]

/** The sums over the pairs so far. */
interface PairSums {
  readonly classes: number
  /** [classes]: sums of the chords. */
  readonly chords: Float64Array
  pairs: number
  squares: number
  deviation: number
}

export interface AffineDeviation {
  /** Adds pairs: logits of their images [2 · pairs · classes] and of their mixtures [pairs · classes]. */
  readonly add: (logits: Float32Array, mixtures: Float32Array) => void
  /** ‖f(½x₁ + ½x₂) − ½f(x₁) − ½f(x₂)‖ / ‖chord − its mean over the pairs‖; NaN where no chord varies. */
  readonly result: () => number
}

export function createAffineDeviation(classes: number): AffineDeviation {
  const sums: PairSums = { classes, chords: new Float64Array(classes), pairs: 0, squares: 0, deviation: 0 }
  return {
    add: (logits, mixtures) => addPairs(sums, logits, mixtures),
    result: () => {
      const { chords, pairs, squares, deviation } = sums
      const spread = squares - chords.reduce((sum, s) => sum + (s * s) / pairs, 0)
      return Math.sqrt(deviation / spread)
    },
  }
}

function addPairs(sums: PairSums, logits: Float32Array, mixtures: Float32Array): void {
  const { classes, chords } = sums
  for (const [i, mixture] of mixtures.entries()) {
    const [pair, c] = [Math.floor(i / classes), i % classes]
    const chord = (logits[2 * pair * classes + c] + logits[(2 * pair + 1) * classes + c]) / 2
    chords[c] += chord
    sums.squares += chord * chord
    sums.deviation += (mixture - chord) ** 2
  }
  sums.pairs += mixtures.length / classes
}
