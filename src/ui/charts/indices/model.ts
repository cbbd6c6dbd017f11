/** Numbers of the chart of other indices: means over a module's units at each checkpoint. */
import { group, mean } from 'd3-array'
import type { IndexName } from '../../../protocol/measurement.ts'
import { type IndexRow, indexRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import type { ModuleRow } from '../../plot/module-lines.tsx'

export const indexNames: Readonly<Record<IndexName, string>> = {
  selectivity: 'SI',
  ccmas: 'CCMAS',
  dprime: 'class d′',
  precision: 'precision of the top 60',
}

export interface IndexMean {
  readonly step: number
  readonly epoch: number
  readonly module: string
  readonly index: IndexName
  /** The number of units with a defined index. */
  readonly units: number
  readonly value: number
  /** The mean under shuffled labels. */
  readonly floor: number
}

const finite = (values: readonly number[]) => values.filter(Number.isFinite)

function meanOf(run: Run, rows: readonly IndexRow[]): IndexMean[] {
  const [{ checkpoint, module, index }] = rows
  const saved = run.checkpoints.find(({ file }) => file === checkpoint)
  const values = finite(rows.map(({ value }) => value))
  if (!saved || values.length === 0) return []
  const { step, epoch } = saved
  const floor = mean(finite(rows.map((row) => row.floor))) ?? Number.NaN
  return [{ step, epoch, module, index, units: values.length, value: mean(values) ?? Number.NaN, floor }]
}

/** All means, sorted by index, step and module. */
export function indexMeans(run: Run): IndexMean[] {
  const groups = group(indexRows(run.measured), ({ checkpoint, module, index }) =>
    [checkpoint, module, index].join(' '),
  )
  return [...groups.values()]
    .flatMap((rows) => meanOf(run, rows))
    .sort((a, b) => a.index.localeCompare(b.index) || a.step - b.step || a.module.localeCompare(b.module))
}

/** A row for each checkpoint, with the mean as `layer1` and its floor as `layer1.floor`. */
export const indexLines = (means: readonly IndexMean[], at: (step: number) => number): ModuleRow[] =>
  [...group(means, ({ step }) => step)].map(([step, own]) => ({
    x: at(step),
    step,
    ...Object.fromEntries(
      own.flatMap(({ module, value, floor }) => [
        [module, value],
        ...(Number.isFinite(floor) ? [[`${module}.floor`, floor]] : []),
      ]),
    ),
  }))

export const indicesTable = (means: readonly IndexMean[]): ChartTable => ({
  columns: ['step', 'epoch', 'module', 'index', 'units', 'mean', 'floor'],
  rows: () =>
    means.map(({ step, epoch, module, index, units, value, floor }) => [
      step,
      epoch,
      module,
      index,
      units,
      value,
      Number.isFinite(floor) ? floor : '',
    ]),
})

/** The checkpoint and module in which the index is farthest above its chance floor. */
export function indicesCaption(means: readonly IndexMean[], index: IndexName): string {
  const own = means.filter(({ value, floor }) => Number.isFinite(value - floor))
  if (own.length === 0) return `No checkpoint has ${indexNames[index]} with a chance floor.`
  const most = own.reduce((a, b) => (b.value - b.floor > a.value - a.floor ? b : a))
  return `${indexNames[index]} is farthest above its chance floor at epoch ${most.epoch.toFixed(2)} in ${most.module}: ${most.value.toFixed(2)}, floor ${most.floor.toFixed(2)}. Means over units.`
}
