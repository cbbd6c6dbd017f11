import { describe, expect, it } from 'vitest'
import { stream } from './random.ts'

const draw = (seed: number, ...labels: (string | number)[]) => {
  const { uniform } = stream(seed, ...labels)
  return Array.from({ length: 4 }, uniform)
}

describe('random streams', () => {
  it('repeat under the same seed and labels and differ otherwise', () => {
    expect(draw(1, 'order', 3)).toEqual(draw(1, 'order', 3))
    const all = [draw(1, 'order', 3), draw(2, 'order', 3), draw(1, 'order', 4), draw(1, 'augment', 3), draw(1)]
    expect(new Set(all.map(String)).size).toBe(all.length)
  })

  it('have the same numbers in every version of the lab', () => {
    const { integer } = stream(1, 'fixed')
    expect(Array.from({ length: 5 }, () => integer(1000))).toMatchInlineSnapshot(`
      [
        546,
        676,
        284,
        488,
        852,
      ]
    `)
  })

  it('are uniform and normal', () => {
    const { uniform, normal } = stream(5, 'moments')
    const n = 20000
    const u = Array.from({ length: n }, uniform)
    const z = Array.from({ length: n }, normal)
    const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length
    expect(mean(u)).toBeCloseTo(0.5, 1.7)
    expect(Math.min(...u)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...u)).toBeLessThan(1)
    expect(Math.abs(mean(z))).toBeLessThan(0.03)
    expect(Math.abs(mean(z.map((v) => v * v)) - 1)).toBeLessThan(0.04)
  })

  it('shuffle every arrangement about equally often', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const key = stream(i, 'shuffle').shuffle([0, 1, 2]).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
