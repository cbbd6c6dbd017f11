import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { EmptyChart } from '../../figure/empty-chart.tsx'
import { allFigures } from '../../figure/figures.ts'
import { drawings } from './example.tsx'

describe('examples', () => {
  test.each(Object.entries(drawings))('%s is drawn inside its area, with numbers only', (_, draw) => {
    const markup = renderToStaticMarkup(<svg aria-hidden="true">{draw({ width: 300, height: 120 })}</svg>)
    expect(markup).not.toMatch(/NaN|undefined/)
    const points = [...markup.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
    const dots = [...markup.matchAll(/c?x="(-?[\d.]+)" c?y="(-?[\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
    const names = markup.includes('<text') ? 310 : 300
    expect(points.length + dots.length).toBeGreaterThan(1)
    for (const [x, y] of [...points, ...dots]) {
      expect(x).toBeGreaterThanOrEqual(0)
      expect(x).toBeLessThanOrEqual(names)
      expect(y).toBeGreaterThanOrEqual(-8)
      expect(y).toBeLessThanOrEqual(120)
    }
  })

  test('are hidden from assistive technology and are no figures to export', () => {
    const markup = renderToStaticMarkup(
      <EmptyChart
        title="Ablation"
        topic="ablation"
        text="What will appear."
        example="ablation"
        step={{ name: 'ablate', label: 'Measure' }}
      />,
    )
    expect(markup).toMatch(/<section[^>]*aria-label="Ablation"/)
    expect(markup).toContain('What will appear.')
    expect(markup).toMatch(/<button[^>]*>Measure<\/button>/)
    expect(markup).toMatch(/<div class="chart-example" aria-hidden="true">/)
    expect(allFigures()).toEqual([])
  })
})
