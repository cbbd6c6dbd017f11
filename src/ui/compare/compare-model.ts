/** Rows and caption of the comparison chart. */
import type { BandKind, GroupSeries } from '../../experiments/compare.ts'
import type { RunGroup } from '../../experiments/groups.ts'
import { type Metric, momentsOf } from '../../experiments/metrics.ts'
import type { RunRecord } from '../../experiments/record.ts'
import { plural } from '../format.ts'
import { amount, bandLabels, rangeText } from './numbers.ts'

export interface CompareRow {
  /** In epochs. */
  readonly x: number
  /** `0` is the mean of the first group, `0.band` its band, `0.m1` its second member. */
  readonly [key: string]: number | readonly [number, number]
}

/** The factor from stored to displayed values. Shares are displayed in per cent. */
export const factorOf = ({ unit }: Metric): number => (unit === 'share' ? 100 : 1)

/** A group for each run, with the run's name. */
export const eachRun = (runs: readonly RunRecord[]): RunGroup[] =>
  runs.map((run) => ({ name: run.name, config: run.config, runs: [run] }))

type Cell = readonly [string, number | readonly [number, number]]

function cells({ bands, members, metric }: GroupSeries, group: number, at: number): Cell[] {
  const factor = factorOf(metric)
  const { mean, lower, upper } = bands[at]
  const own = members.map(({ values }, i): Cell => [`${group}.m${i}`, factor * values[at]])
  return [
    [`${group}`, factor * mean] as const,
    [`${group}.band`, [factor * lower, factor * upper] as const] as const,
    ...own,
  ].filter(([, value]) => (typeof value === 'number' ? Number.isFinite(value) : value.every(Number.isFinite)))
}

/** A row for each epoch at which a group has values. */
export function compareRows(series: readonly GroupSeries[]): CompareRow[] {
  const moments = momentsOf(series.map(({ epochs }) => ({ epochs, values: [] })))
  const places = series.map(({ epochs }) => new Map(epochs.map((epoch, i) => [epoch.toFixed(8), i])))
  return moments.map((x) => {
    const own = series.flatMap((one, group) => {
      const at = places[group].get(x.toFixed(8))
      return at === undefined ? [] : cells(one, group, at)
    })
    return { x, ...Object.fromEntries(own) }
  })
}

/** The newest finite mean of a group, with its band and epoch; null if there is none. */
const lastOf = ({ bands, epochs }: GroupSeries) => {
  const at = bands.findLastIndex(({ mean }) => Number.isFinite(mean))
  return at < 0 ? null : { ...bands[at], epoch: epochs[at] }
}

const mostNamed = 4

function ending(series: GroupSeries, kind: BandKind): string {
  const last = lastOf(series)
  const { group, metric } = series
  if (!last) return `${group.name} has no value yet`
  const unit = metric.unit === 'share' ? ' %' : ''
  const range = kind === 'none' ? '' : rangeText(last, metric.unit)
  const seeds = plural(last.n, 'seed')
  const note = range ? `${bandLabels[kind]} ${range}, ${seeds}` : seeds
  return `${group.name} ${amount(last.mean, metric.unit)}${unit} at epoch ${Number(last.epoch.toFixed(2))} (${note})`
}

/** The newest value of each group: "Top-1, validation images: none 46.1 % at epoch 20 (95 % interval 44.0 to 48.2, …); …" */
export function compareCaption(series: readonly GroupSeries[]): string {
  const [first] = series
  if (!first) return ''
  const endings = series.slice(0, mostNamed).map((one) => ending(one, one.kind))
  const more = series.length > mostNamed ? `; and ${series.length - mostNamed} more` : ''
  return `${first.metric.label}: ${endings.join('; ')}${more}.`
}
