/** Numbers of the site × time heat map: rows are sites, columns are probes. */
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { decimal } from '../../format.ts'
import { signSpans } from '../../plot/alpha-spans.ts'

/** A cell by its indices: of the site, and of the probe in the run. */
export interface HeatPlace {
  readonly row: number
  readonly column: number
}

/** The place if the run has a cell there and it is not left of the column `first`; null otherwise. */
export function cellIn(run: Run, place: HeatPlace, first: number): HeatPlace | null {
  const { row, column } = place
  return column >= first && run.probes[column]?.sites[row] ? place : null
}

export interface Cell {
  readonly row: number
  /** Index of the probe in the run. */
  readonly column: number
  readonly site: string
  readonly step: number
  readonly epoch: number
  readonly selectivity: number
  readonly floor: number
}

export const heatCells = (run: Run): Cell[] =>
  run.probes.flatMap(({ step, epoch, sites }, column) =>
    sites.map(({ site, selectivity, floor }, row) => ({ row, column, site, step, epoch, selectivity, floor })),
  )

/** The value that a cell's color shows: SI, or with `difference` SI − floor. */
export const heatValue = ({ selectivity, floor }: Pick<Cell, 'selectivity' | 'floor'>, difference: boolean): number =>
  difference ? selectivity - floor : selectivity

export const heatTable = (run: Run): ChartTable => ({
  columns: ['step', 'epoch', 'site', 'selectivity', 'floor'],
  rows: () =>
    heatCells(run).map(({ step, epoch, site, selectivity, floor }) => [step, epoch, site, selectivity, floor]),
})

const spoken = ({ selectivity, floor }: Cell) => `${decimal(selectivity, 2)} (floor ${decimal(floor, 2)})`

/** The highest site mean of the run and of the newest probe. */
export function heatCaption(run: Run): string {
  const cells = heatCells(run)
  if (cells.length === 0) return ''
  const highest = (of: readonly Cell[]) => of.reduce((a, b) => (b.selectivity > a.selectivity ? b : a))
  const top = highest(cells)
  const last = run.probes.length - 1
  const now = highest(cells.filter(({ column }) => column === last))
  const first = `The highest site mean is ${spoken(top)}, ${top.site} at epoch ${top.epoch.toFixed(2)}`
  return last === top.column
    ? `${first}.`
    : `${first}; at epoch ${now.epoch.toFixed(2)} ${now.site} leads with ${spoken(now)}.`
}

/** The first and last column of a zoomed range of steps. All columns if the range contains no probe. */
export function columnsIn(run: Run, range: readonly [number, number] | null): readonly [number, number] {
  const all = [0, run.probes.length - 1] as const
  if (!range) return all
  const first = run.probes.findIndex(({ step }) => step >= range[0])
  const last = run.probes.findLastIndex(({ step }) => step <= range[1])
  return first >= 0 && first <= last ? [first, last] : all
}

/** For each column α since the previous probe: the α of the last span, or 0. */
export function columnAlphas(run: Run): number[] {
  const spans = signSpans(run)
  return run.probes.map(({ step }, column) => {
    const before = run.probes[column - 1]?.step ?? step
    return spans.findLast(({ from, to }) => from < step && to > before)?.alpha ?? 0
  })
}

/** At most eight columns to label, including the first and the last. */
export function tickColumns(first: number, last: number): number[] {
  const every = Math.max(1, Math.ceil((last - first) / 7))
  const ticks = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every)
  return ticks.at(-1) === last ? ticks : [...ticks.filter((tick) => last - tick >= every / 2), last]
}
