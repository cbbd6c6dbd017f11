/** Numbers of the cross-layer correlation: a matrix of sites, and a control with random units. */
import { linearityRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { checkpointAt } from '../../plot/moment.ts'

/** The number of largest activations that are averaged. */
export const ks = { 1: 'the largest', 2: 'the 2 largest', 3: 'the 3 largest' } as const
export type K = `${keyof typeof ks}`

export interface CorrelationTables {
  /** Sites, and `fc` for the logits. */
  readonly order: readonly string[]
  /** Rows and columns in `order`. NaN if a site does not vary. */
  readonly measured: readonly (readonly number[])[]
  readonly control: readonly (readonly number[])[]
}

/** The measured checkpoint at a moment, and its matrices. */
export function shownCorrelation(run: Run, moment: number | null, k: K) {
  const all = linearityRows(run.measured)
  const checkpoint = checkpointAt(run, moment, new Set(all.map((row) => row.checkpoint)))
  const own = all.filter((row) => row.checkpoint === checkpoint?.file && row.k === k)
  const order = [...new Set(own.map(({ site }) => site))]
  const values = new Map(own.map((row) => [[row.measure, row.site, row.other].join(' '), row.value]))
  const table = (measure: string) =>
    order.map((site) => order.map((other) => values.get([measure, site, other].join(' ')) ?? Number.NaN))
  const tables: CorrelationTables = {
    order,
    measured: table('crossLayerCorrelation'),
    control: table('crossLayerControl'),
  }
  return { checkpoint, tables }
}

export const correlationTable = ({ order, measured, control }: CorrelationTables): ChartTable => ({
  columns: ['site', 'other', 'correlation', 'control'],
  rows: () => order.flatMap((site, i) => order.map((other, j) => [site, other, measured[i][j], control[i][j]])),
})

/** The mean over pairs of different layers. */
function meanOff(table: readonly (readonly number[])[]): number {
  const values = table.flatMap((row, i) => row.filter((value, j) => i !== j && Number.isFinite(value)))
  return values.reduce((a, b) => a + b, 0) / values.length
}

/** The mean correlation of two different layers, and that of the control. */
export function correlationCaption({ measured, control }: CorrelationTables, epoch: number): string {
  const say = (value: number) =>
    Number.isFinite(value) ? `${value.toFixed(2)} on average` : 'undefined for these images'
  return `At epoch ${epoch.toFixed(2)} the absolute correlation between two layers, within a class, is ${say(meanOff(measured))}; with random units instead of the most active units it is ${say(meanOff(control))}. fc stands for the logits.`
}
