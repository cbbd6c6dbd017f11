/** The color, dash and marker of an arm or run in all comparisons. */
import type { LegendItem } from '../figure/legend-item.ts'

export interface RunStyle extends Pick<LegendItem, 'color' | 'dash'> {
  readonly marker: 'circle' | 'square' | 'triangle' | 'diamond'
}

const colors = 6
const dashes = [undefined, '7 3', '2 3', '8 3 2 3', '12 4', '4 2'] as const
const markers = ['circle', 'square', 'triangle', 'diamond'] as const

/** The style of the arm or run at an index. From the seventh on, colors repeat with another dash and marker. */
export const runStyle = (index: number): RunStyle => ({
  color: `--run-${(index % colors) + 1}`,
  dash: dashes[(index + Math.floor(index / colors)) % dashes.length],
  marker: markers[(index + Math.floor(index / colors)) % markers.length],
})

/** The `d` of each marker's path: about 8 pixels wide, around 0 0. */
export const markerPath: Readonly<Record<RunStyle['marker'], string>> = {
  circle: 'M4 0A4 4 0 1 1 -4 0A4 4 0 1 1 4 0Z',
  square: 'M-3.6 -3.6H3.6V3.6H-3.6Z',
  triangle: 'M0 -4.6L4.4 3.4H-4.4Z',
  diamond: 'M0 -5L5 0L0 5L-5 0Z',
}
