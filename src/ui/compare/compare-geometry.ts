/** Sizes, domain and colors that the comparison's drawing and readout share. */
import { extent } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import type { GroupSeries } from '../../experiments/compare.ts'
import type { YAxisModel } from '../plot/y-axis.ts'
import type { ZoomRange } from '../plot/zoom.ts'
import type { CompareRow } from './compare-model.ts'
import { runStyle } from './run-style.ts'

export const height = 320
const longestName = 16

/** A name that fits beside its line's end. */
export const shortName = (name: string): string =>
  name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name

/** Space for the names of the groups and that of the x axis, in pixels. */
export const nameRoom = (series: readonly GroupSeries[]): number =>
  Math.max(56, ...series.map(({ group }) => 16 + 6 * shortName(group.name).length))

export interface PlotProps {
  readonly series: readonly GroupSeries[]
  readonly rows: readonly CompareRow[]
  readonly hidden: ReadonlySet<string>
  /** The zoomed range in epochs; null shows everything. */
  readonly range: ZoomRange | null
}

/** The visible groups, with their indices among all groups. */
export const shown = ({ series, hidden }: Pick<PlotProps, 'series' | 'hidden'>) =>
  series.map((one, index) => ({ one, index })).filter(({ one }) => !hidden.has(one.group.name))

/** The last epoch of any run. */
export const endOf = (rows: readonly CompareRow[]): number => Math.max(rows.at(-1)?.x ?? 1, 1e-6)

/** The zoomed range, cut at the last epoch. The whole range if the zoom lies after the last epoch. */
export function domainOf({ rows, range }: Pick<PlotProps, 'rows' | 'range'>): ZoomRange {
  const end = endOf(rows)
  const [from, to] = range ?? [0, end]
  return from < end ? [from, Math.min(to, end)] : [0, end]
}

export const paint = (index: number) => `var(${runStyle(index).color})`

/**
 * An axis a little larger than the values. A band that reaches just below 0 does not cost a third of the height. The axis of
 * a share in percent ends at 0 and 100, however wide the interval of few seeds is.
 */
export function snugAxis(values: readonly number[], isShare: boolean): YAxisModel {
  const [lowest, highest] = isShare ? [0, 100] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const known = values.filter(Number.isFinite).map((value) => Math.min(highest, Math.max(lowest, value)))
  const [low = 0, high = 1] = extent(known)
  const room = 0.04 * (high - low || 1)
  const domain = [low - room, high + room] as const
  return { scale: 'linear', domain, ticks: scaleLinear(domain, [0, 1]).ticks(5) }
}
