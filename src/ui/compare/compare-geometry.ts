/** Sizes and colors that the comparison's drawing and readout share. */
import type { GroupSeries } from '../../experiments/compare.ts'
import type { CompareRow } from './compare-model.ts'
import { runStyle } from './run-style.ts'

export const height = 320
export const margins = { left: 52, right: 112, top: 10, bottom: 40 } as const

export interface PlotProps {
  readonly series: readonly GroupSeries[]
  readonly rows: readonly CompareRow[]
  readonly hidden: ReadonlySet<string>
}

/** Groups that are not hidden, with their places among all. */
export const shown = ({ series, hidden }: PlotProps) =>
  series.map((one, index) => ({ one, index })).filter(({ one }) => !hidden.has(one.group.name))

/** In epochs. */
export const domainOf = (rows: readonly CompareRow[]): [number, number] => [0, Math.max(rows.at(-1)?.x ?? 1, 1e-6)]

export const paint = (index: number) => `var(${runStyle(index).color})`
