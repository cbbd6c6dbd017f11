/** Legend entries for the shading of α. */

import type { LegendItem } from '../figure/legend-item.ts'
import type { AlphaSpan } from './alpha-spans.ts'

const against: LegendItem = { key: 'against', label: 'α < 0', color: '--alpha-against', shape: 'band' }
const promoting: LegendItem = { key: 'for', label: 'α > 0', color: '--alpha-for', shape: 'band' }

/** An entry for each sign of α that was applied. */
export const alphaLegend = (spans: readonly AlphaSpan[]): LegendItem[] =>
  [against, promoting].filter(({ key }) => spans.some(({ alpha }) => (key === 'against' ? alpha < 0 : alpha > 0)))

/** The spans that the legend leaves visible. */
export const visibleSpans = (spans: readonly AlphaSpan[], hidden: ReadonlySet<string>): AlphaSpan[] =>
  spans.filter(({ alpha }) => !hidden.has(alpha < 0 ? 'against' : 'for'))
