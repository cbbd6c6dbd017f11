/** Numbers of the site × time heat map: rows are sites, columns are probes. */
import type { SiteProbe } from '../../events.ts'
import type { Run } from '../../runs/reduce.ts'
import type { ChartTable } from './chart-frame.tsx'

export interface Cell {
  readonly row: number
  readonly column: number
  readonly site: string
  readonly step: number
  readonly epoch: number
  readonly selectivity: number
  readonly floor: number
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

const known = new WeakMap<SiteProbe, { selectivity: number; floor: number }>()

/** Site = mean over its units. Kept, because a run's probes do not change. */
export function siteMean(probe: SiteProbe): { selectivity: number; floor: number } {
  const value = known.get(probe) ?? { selectivity: mean(probe.selectivity), floor: mean(probe.floor) }
  known.set(probe, value)
  return value
}

export const heatCells = (run: Run): Cell[] =>
  run.probes.flatMap(({ step, epoch, sites }, column) =>
    sites.map((probe, row) => ({ row, column, site: probe.site, step, epoch, ...siteMean(probe) })),
  )

export const heatTable = (run: Run): ChartTable => ({
  columns: ['step', 'epoch', 'site', 'selectivity', 'floor'],
  rows: () =>
    heatCells(run).map(({ step, epoch, site, selectivity, floor }) => [step, epoch, site, selectivity, floor]),
})

/** "The highest site mean is .76, layer3.5 at epoch 0.50; now layer4.2 leads with .62." */
export function heatCaption(run: Run): string {
  const cells = heatCells(run)
  if (cells.length === 0) return ''
  const highest = (of: readonly Cell[]) => of.reduce((a, b) => (b.selectivity > a.selectivity ? b : a))
  const top = highest(cells)
  const last = run.probes.length - 1
  const now = highest(cells.filter(({ column }) => column === last))
  const first = `The highest site mean is ${top.selectivity.toFixed(2)}, ${top.site} at epoch ${top.epoch.toFixed(2)}`
  return last === top.column
    ? `${first}.`
    : `${first}; at epoch ${now.epoch.toFixed(2)} ${now.site} leads with ${now.selectivity.toFixed(2)}.`
}

/** The column whose probe is at or before a step; null follows the newest. */
export function columnAt(run: Run, moment: number | null): number {
  if (moment === null) return run.probes.length - 1
  return Math.max(
    0,
    run.probes.findLastIndex(({ step }) => step <= moment),
  )
}
