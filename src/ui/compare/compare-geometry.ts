/** Sizes, range and colors that the comparison's drawing and readout share. */
import type { GroupSeries } from '../../experiments/compare.ts'
import type { ZoomRange } from '../plot/zoom.ts'
import type { CompareRow } from './compare-model.ts'
import { runStyle } from './run-style.ts'

export const height = 320
/** Room for the names of arms, in pixels. */
export const right = 112

export interface PlotProps {
  readonly series: readonly GroupSeries[]
  readonly rows: readonly CompareRow[]
  readonly hidden: ReadonlySet<string>
  /** In epochs; null shows all. */
  readonly range: ZoomRange | null
}

/** Groups that are not hidden, with their places among all. */
export const shown = ({ series, hidden }: Pick<PlotProps, 'series' | 'hidden'>) =>
  series.map((one, index) => ({ one, index })).filter(({ one }) => !hidden.has(one.group.name))

/** The last epoch of any run. */
export const endOf = (rows: readonly CompareRow[]): number => Math.max(rows.at(-1)?.x ?? 1, 1e-6)

/** The part of a zoomed range that there is; everything where it lies behind the end. */
export function domainOf({ rows, range }: Pick<PlotProps, 'rows' | 'range'>): ZoomRange {
  const end = endOf(rows)
  const [from, to] = range ?? [0, end]
  return from < end ? [from, Math.min(to, end)] : [0, end]
}

export const paint = (index: number) => `var(${runStyle(index).color})`
