/** The lines of the ablation chart: the orders at one checkpoint, or one order at all checkpoints. */
import type { AblationMode, AblationOrder } from '../../../protocol/measurement.ts'
import { curveRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { LegendItem } from '../../figure/legend-item.ts'
import { epochText } from '../../plot/moment.ts'
import { type AblationMeasure, type CurveMark, type OrderCurve, orderCurves, orderStyle, orders } from './model.ts'

export interface DrawnCurve {
  /** The same in all modules. */
  readonly key: string
  readonly label: string
  /** A CSS custom property. */
  readonly color: string
  readonly dash: string | undefined
  readonly opacity: number
  readonly module: string
  readonly draws: number
  readonly marks: readonly CurveMark[]
}

/** Whether the lines are the orders at the shown moment, or the checkpoints. */
export type LineKind = 'orders' | 'checkpoints'
export const lineKinds: Readonly<Record<LineKind, string>> = { orders: 'orders', checkpoints: 'checkpoints' }

/** A line for each order. */
export const linesByOrder = (curves: readonly OrderCurve[]): DrawnCurve[] =>
  orders.flatMap((order) =>
    curves
      .filter((curve) => curve.order === order)
      .map(({ module, draws, marks }) => ({ key: order, ...orderStyle[order], opacity: 1, module, draws, marks })),
  )

/** Values in percent of the whole network's, or in multiples of its loss: checkpoints differ in how good they are. */
function relative(marks: readonly CurveMark[], measure: AblationMeasure): CurveMark[] {
  const whole = marks.find(({ n }) => n === 0)?.value
  if (!whole) return []
  const factor = (measure === 'top1' ? 100 : 1) / whole
  return marks.map(({ n, share, value, lower, upper }) => ({
    ...{ n, share, value: factor * value },
    ...{ lower: factor * lower, upper: factor * upper },
  }))
}

/** A line for each measured checkpoint, the later the stronger. */
export function linesByCheckpoint(
  run: Run,
  { mode, measure, order }: { mode: AblationMode; measure: AblationMeasure; order: AblationOrder },
): DrawnCurve[] {
  const rows = curveRows(run.measured).filter((row) => row.mode === mode && row.order === order)
  const measured = run.checkpoints.filter(({ file }) => rows.some(({ checkpoint }) => checkpoint === file))
  return measured.flatMap(({ file, epoch }, i) => {
    const opacity = measured.length === 1 ? 1 : 0.3 + (0.7 * i) / (measured.length - 1)
    const style = { key: file, label: epochText(epoch), color: orderStyle[order].color, dash: undefined, opacity }
    return orderCurves(
      rows.filter(({ checkpoint }) => checkpoint === file),
      measure,
    ).map(({ module, draws, marks }) => ({ ...style, module, draws, marks: relative(marks, measure) }))
  })
}

/** An entry for each key of the lines. */
export const lineLegend = (lines: readonly DrawnCurve[]): LegendItem[] =>
  [...new Map(lines.map((line) => [line.key, line])).values()].map(({ key, label, color, dash, opacity }) => ({
    ...{ key, label, color, dash, opacity, shape: 'line' },
  }))

/** How much of the whole network's accuracy half of a module leaves, at the first and at the last checkpoint. */
export function checkpointCaption(
  lines: readonly DrawnCurve[],
  order: AblationOrder,
  measure: AblationMeasure,
): string {
  const [first, last] = [lines[0], lines.findLast(({ module }) => module === lines[0]?.module)]
  const unit = measure === 'top1' ? '% of the whole network’s top-1' : 'times the whole network’s loss'
  const half = ({ marks }: DrawnCurve) =>
    marks.reduce((a, b) => (Math.abs(b.share - 0.5) < Math.abs(a.share - 0.5) ? b : a))
  if (!first || !last || first === last || first.marks.length === 0 || last.marks.length === 0)
    return `Each line is a checkpoint, ${orderStyle[order].label}, in ${unit}.`
  const say = (line: DrawnCurve) => `${half(line).value.toFixed(measure === 'top1' ? 0 : 2)} at ${line.label}`
  return `With ${(100 * half(first).share).toFixed(0)} % of the units of ${first.module} ablated, ${orderStyle[order].label}: ${say(first)} and ${say(last)}, in ${unit}.`
}
