import { describe, expect, it } from 'vitest'
import { stream } from '../random.ts'
import { createCorrelation, topMeans } from './correlation.ts'
import { createReadOut } from './read-out.ts'

describe('cross-layer correlation', () => {
  it('averages the largest values', () => {
    expect(topMeans(Float32Array.of(9, 1, 4, 2, 8, 9), 1, 4)).toEqual([8, 6, 14 / 3])
    expect(topMeans(Float32Array.of(5, 3), 0, 2)).toEqual([5, 4, 4])
  })

  it('is the absolute correlation within a class, averaged over the classes in which values vary', () => {
    const calculator = createCorrelation([1, 1], 3, { seed: 1, draws: 1 })
    // Class 0: (1, 2), (2, 1), (3, 0), r = −1; class 1: (0, 0), (1, 0), (0, 1), (1, 1), r = 0; class 2 does not vary.
    const x = Float32Array.of(1, 2, 3, 0, 1, 0, 1, 5, 5)
    const y = Float32Array.of(2, 1, 0, 0, 0, 1, 1, 1, 1)
    const labels = Int32Array.of(0, 0, 0, 1, 1, 1, 1, 2, 2)
    calculator.add([x.subarray(0, 4), y.subarray(0, 4)], labels.subarray(0, 4))
    calculator.add([x.subarray(4), y.subarray(4)], labels.subarray(4))
    const { byK, control } = calculator.result()
    const expected = [
      [expect.closeTo(1, 12), expect.closeTo(0.5, 12)],
      [expect.closeTo(0.5, 12), expect.closeTo(1, 12)],
    ]
    // With one unit per layer, the random unit is that unit.
    expect(byK).toEqual({ 1: expected, 2: expected, 3: expected })
    expect(control).toEqual(byK)
  })
})

describe('the linear read-out', () => {
  const inputs = 6
  const outputs = 3
  const images = 2000

  /** R² for y = x · slopes + 3 + noise, with constants among the inputs. */
  function readOutOf(noise: number, slope = 1): number {
    const random = stream(5, 'read-out')
    const calculator = createReadOut(inputs, outputs)
    for (let batch = 0; batch < images; batch += 50) {
      const x = Float32Array.from({ length: 50 * inputs }, (_, i) => (i % inputs === 5 ? 7 : random.uniform()))
      const y = Float32Array.from({ length: 50 * outputs }, (_, i) => {
        const [n, o] = [Math.floor(i / outputs), i % outputs]
        return slope * (x[n * inputs + o] - x[n * inputs + o + 1]) + 3 + noise * random.normal()
      })
      calculator.add(x, y)
    }
    return calculator.result()
  }

  it('is 1 for a linear function, otherwise the linear share of the variance', () => {
    expect(readOutOf(0)).toBeGreaterThan(0.9999)
    // The difference of two uniform numbers has variance 1/6.
    expect(readOutOf(Math.sqrt(1 / 6))).toBeGreaterThan(0.45)
    expect(readOutOf(Math.sqrt(1 / 6))).toBeLessThan(0.55)
  })

  it('uses validation images: it is near 0 or below if the inputs predict nothing', () => {
    expect(readOutOf(1, 0)).toBeLessThan(0.01)
    expect(readOutOf(1, 0)).toBeGreaterThan(-0.2)
  })

  it('follows its definition: ridge regression on one half, error on the other', () => {
    const calculator = createReadOut(1, 1)
    // Even images (0, 0), (2, 2); odd images (0, 1), (4, 3). One input: slope = Sxy / (Sxx + λ), λ = 1e-3 · Sxx.
    calculator.add(Float32Array.of(0, 0, 2, 4), Float32Array.of(0, 1, 2, 3))
    const [even, odd] = [1 / 1.001, 0.5 / 1.001]
    const errorOfOdd = (1 - (1 - even)) ** 2 + (3 - (1 + 3 * even)) ** 2
    const errorOfEven = (0 - (2 - 2 * odd)) ** 2 + (2 - 2) ** 2
    expect(calculator.result()).toBeCloseTo(1 - (errorOfOdd + errorOfEven) / (2 + 2), 10)
  })

  it('is NaN for three images and for constant logits, and 0 for dead units', () => {
    const calculator = createReadOut(1, 1)
    calculator.add(Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 4))
    expect(calculator.result()).toBeNaN()
    const constant = createReadOut(1, 1)
    constant.add(Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 5, 5, 5))
    expect(constant.result()).toBeNaN()
    const dead = createReadOut(1, 1)
    dead.add(new Float32Array(4), Float32Array.of(1, 1, 2, 2))
    expect(dead.result()).toBe(0)
  })
})
