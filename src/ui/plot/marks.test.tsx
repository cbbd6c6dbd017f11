import fc from 'fast-check'
import type { ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { bandMark, ForkMark, lineMark, Shading, ZeroMark } from './marks.tsx'
import { plotScales, ScalesContext, xTicks } from './plot-scales.ts'

/** A plot area from 44 to 444 and from 26 to 226, for x from 0 to 4 and y from −1 to 1, or from 0.1 to 10. */
const shape = { width: 504, height: 250, xDomain: [0, 4] } as const
const drawn = (marks: ReactNode, scale: 'linear' | 'log' = 'linear') =>
  renderToStaticMarkup(
    <ScalesContext value={plotScales(shape, { scale, domain: scale === 'log' ? [0.1, 10] : [-1, 1] }, 'area')}>
      {marks}
    </ScalesContext>,
  )

describe('marks of a plot', () => {
  it('are lines through the rows that have a value, with a dot at each', () => {
    const rows = [{ x: 0, a: -1 }, { x: 1 }, { x: 2, a: 0 }, { x: 3, a: Number.NaN }, { x: 4, a: 1 }]
    const markup = drawn(lineMark(rows, { key: 'a', stroke: 'red', strokeWidth: 2, dot: 3 }))
    expect(markup).toContain('d="M44,226L244,126L444,26"')
    expect(markup).toContain('clip-path="url(#area)"')
    expect([...markup.matchAll(/<circle cx="(\d+)" cy="(\d+)"/g)].map(([, x, y]) => [x, y].join())).toEqual([
      '44,226',
      '244,126',
      '444,26',
    ])
    expect(drawn(lineMark(rows, { key: 'b', stroke: 'red', strokeWidth: 2 }))).toBe('')
  })

  it('leave out what a logarithmic axis cannot show', () => {
    const rows = [
      { x: 0, a: 0.1 },
      { x: 1, a: 0 },
      { x: 2, a: 1 },
      { x: 3, a: -1 },
      { x: 4, a: 10 },
    ]
    expect(drawn(lineMark(rows, { key: 'a', stroke: 'red', strokeWidth: 2 }), 'log')).toContain(
      'd="M44,226L244,126L444,26"',
    )
  })

  it('are bands along the upper ends and back along the lower ends', () => {
    const rows = [{ x: 0, a: [-1, 1] as const }, { x: 2 }, { x: 4, a: [0, 0.5] as const }]
    expect(drawn(bandMark(rows, 'a', 'red', 0.1))).toContain('d="M44,26L444,76L444,126L44,226Z"')
  })

  it('are spans of α in the color of its sign, the zero line, and the fork where it is in view', () => {
    const spans = [
      { from: 10, to: 20, alpha: -1 },
      { from: 30, to: 50, alpha: 2 },
    ]
    const shading = drawn(<Shading spans={spans} at={(step) => step / 10} />)
    expect(shading).toContain('<rect x="144" y="26" width="100" height="200" fill="var(--alpha-against)"')
    expect(shading).toContain('<rect x="344" y="26" width="200" height="200" fill="var(--alpha-for)"')
    expect(drawn(<ZeroMark />)).toContain('y1="126" y2="126"')
    expect(drawn(<ZeroMark />, 'log')).toBe('')
    expect(drawn(<ForkMark at={1} />)).toMatch(/x1="144" x2="144".*fork/)
    expect(drawn(<ForkMark at={5} />)).toBe('')
  })
})

it('has at least one tick below the x axis, and room for the text of each', () => {
  fc.assert(
    fc.property(
      fc.nat(1e6),
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 150, max: 1500 }),
      (from, more, inner) => {
        const ticks = xTicks(from, from + more, inner)
        const apart = ticks.slice(1).map((tick, i) => ((tick - ticks[i]) / more) * inner)
        expect(ticks.length).toBeGreaterThan(0)
        expect(ticks.length).toBeLessThan(12)
        for (const pixels of apart) expect(pixels).toBeGreaterThan(50)
      },
    ),
  )
})
