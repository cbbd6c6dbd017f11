import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../random.ts'
import { bootstrap, mean, pearson, quantile, spearman, spearmanInterval } from './statistics.ts'

describe('quantile', () => {
  it('interpolates as NumPy does', () => {
    // numpy.quantile([1, 2, 4, 8], [0, .1, .5, .9, 1])
    const expected = [1, 1.3, 3, 6.8, 8]
    for (const [i, share] of [0, 0.1, 0.5, 0.9, 1].entries()) {
      expect(quantile([1, 2, 4, 8], share)).toBeCloseTo(expected[i], 12)
    }
  })
})

describe('Spearman’s ρ', () => {
  it('agrees with published values', () => {
    // Hours of television and IQ, the example in Wikipedia’s article: ρ = −29/165.
    const iq = [106, 86, 100, 101, 99, 103, 97, 113, 112, 110]
    const hours = [7, 0, 27, 50, 28, 29, 20, 12, 6, 17]
    expect(spearman(iq, hours)).toBeCloseTo(-29 / 165, 12)
    // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]), from its documentation: ties share their mean rank.
    expect(spearman([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207826816681233, 12)
  })

  it('ignores monotone changes of scale, and changes sign with an argument', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 3 })
    fc.assert(
      fc.property(pairs, (values) => {
        const [x, y] = [values.map(([a]) => a), values.map(([, b]) => b)]
        const rho = spearman(x, y)
        if (Number.isNaN(rho)) return
        expect(spearman(x.map(Math.exp), y)).toBeCloseTo(rho, 10)
        expect(spearman(y, x)).toBeCloseTo(rho, 10)
        expect(
          spearman(
            x.map((v) => -v),
            y,
          ),
        ).toBeCloseTo(-rho, 10)
        expect(Math.abs(rho)).toBeLessThanOrEqual(1 + 1e-12)
      }),
    )
  })

  it('is NaN if an argument does not vary', () => {
    expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN()
    expect(pearson([1], [1])).toBeNaN()
  })
})

describe('the bootstrap', () => {
  const random = () => stream(3, 'bootstrap')

  it('gives the interval of a mean that follows from the central limit theorem', () => {
    const values = Float64Array.from({ length: 400 }, (_, i) => i / 400)
    const { lower, upper } = bootstrap(400, (chosen) => mean(Array.from(chosen, (i) => values[i])), {
      random: random(),
    })
    // Standard error of 400 uniform numbers: 1 / √12 / 20.
    const half = 1.96 / Math.sqrt(12) / 20
    expect(mean(values) - lower).toBeCloseTo(half, 2)
    expect(upper - mean(values)).toBeCloseTo(half, 2)
  })

  it('gives intervals around ρ, the same for the same seed', () => {
    const noise = stream(4, 'noise')
    const x = Array.from({ length: 100 }, (_, i) => i)
    const y = x.map((value) => value + 40 * noise.normal())
    const found = spearmanInterval(x, y, random())
    expect(found).toEqual(spearmanInterval(x, y, random()))
    expect(found.lower).toBeLessThan(found.rho)
    expect(found.upper).toBeGreaterThan(found.rho)
    // Fisher’s approximation of the interval, atanh ρ ± 1.96 / √(n − 3).
    const fisher = (sign: number) => Math.tanh(Math.atanh(found.rho) + (sign * 1.96) / Math.sqrt(97))
    expect(Math.abs(found.lower - fisher(-1))).toBeLessThan(0.05)
    expect(Math.abs(found.upper - fisher(1))).toBeLessThan(0.05)
    expect(spearmanInterval([1, 1], [1, 2], random()).lower).toBeNaN()
  })
})
