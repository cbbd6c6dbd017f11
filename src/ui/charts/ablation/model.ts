/** Numbers of the cumulative ablation chart: the curves of one checkpoint. Random orders are averaged over their draws. */
import { group, max, mean, min } from 'd3-array'
import type { AblationMode, AblationOrder } from '../../../protocol/measurement.ts'
import { type CurveRow, curveRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { checkpointAt, epochText } from '../../plot/moment.ts'

export type AblationMeasure = 'top1' | 'loss'

export const measureNames: Readonly<Record<AblationMeasure, string>> = { top1: 'top-1', loss: 'loss' }
export const modeNames: Readonly<Record<AblationMode, string>> = { zero: 'set to zero', mean: 'set to their mean' }

export const orderStyle: Readonly<
  Record<AblationOrder, { readonly label: string; readonly color: string; readonly dash: string | undefined }>
> = {
  selective: { label: 'most selective first', color: '--run-2', dash: undefined },
  random: { label: 'random order', color: '--floor', dash: '5 3' },
  least: { label: 'least selective first', color: '--run-1', dash: '2 3' },
}

export const orders = Object.keys(orderStyle) as AblationOrder[]

export interface CurveMark {
  readonly n: number
  readonly share: number
  /** Top-1 in percent, or loss: the mean over the draws, and their range. */
  readonly value: number
  readonly lower: number
  readonly upper: number
}

export interface OrderCurve {
  readonly module: string
  readonly order: AblationOrder
  readonly draws: number
  readonly marks: readonly CurveMark[]
}

/** The measured modes, the newest last. */
export const measuredModes = (run: Run): AblationMode[] => [...new Set(curveRows(run.measured).map(({ mode }) => mode))]

/** The measured checkpoint at a moment, and the rows of its curves. */
export function shownCurves(run: Run, moment: number | null, mode: AblationMode) {
  const own = curveRows(run.measured).filter((row) => row.mode === mode)
  const checkpoint = checkpointAt(run, moment, new Set(own.map((row) => row.checkpoint)))
  return { checkpoint, rows: own.filter((row) => row.checkpoint === checkpoint?.file) }
}

const curveValue = (row: CurveRow, measure: AblationMeasure) => (measure === 'top1' ? 100 * row.top1 : row.loss)

function markOf(rows: readonly CurveRow[], measure: AblationMeasure): CurveMark {
  const values = rows.map((row) => curveValue(row, measure))
  const [{ n, share }] = rows
  return { n, share, value: mean(values) ?? Number.NaN, lower: min(values) ?? 0, upper: max(values) ?? 0 }
}

export function orderCurves(rows: readonly CurveRow[], measure: AblationMeasure): OrderCurve[] {
  const found = group(
    [...rows].sort((a, b) => a.module.localeCompare(b.module) || a.n - b.n),
    ({ module }) => module,
    ({ order }) => order,
  )
  return [...found].flatMap(([module, byOrder]) =>
    [...byOrder].map(([order, own]) => ({
      module,
      order,
      draws: new Set(own.map(({ draw }) => draw)).size,
      marks: [...group(own, ({ n }) => n).values()].map((same) => markOf(same, measure)),
    })),
  )
}

export const ablationTable = (rows: readonly CurveRow[]): ChartTable => ({
  columns: ['epoch', 'module', 'order', 'draw', 'n', 'share', 'loss', 'top1', 'top5', 'mode', 'checkpoint'],
  rows: () =>
    rows.map((row) => [
      row.epoch,
      row.module,
      row.order,
      row.draw,
      row.n,
      row.share,
      row.loss,
      row.top1,
      row.top5,
      row.mode,
      row.checkpoint,
    ]),
})

const text = (value: number, measure: AblationMeasure) =>
  measure === 'top1' ? `${value.toFixed(1)} %` : value.toFixed(3)

/** The mark nearest to half of the units. */
const half = ({ marks }: OrderCurve) =>
  marks.reduce((a, b) => (Math.abs(b.share - 0.5) < Math.abs(a.share - 0.5) ? b : a))

interface Contrast {
  readonly module: string
  readonly selective: OrderCurve
  readonly random: OrderCurve
  readonly gap: number
}

/** The selective and random curves of each module, the most different first. */
function contrasts(curves: readonly OrderCurve[]): Contrast[] {
  const of = (module: string, order: AblationOrder) =>
    curves.find((curve) => curve.module === module && curve.order === order)
  const all = [...new Set(curves.map(({ module }) => module))].flatMap((module) => {
    const [selective, random] = [of(module, 'selective'), of(module, 'random')]
    if (!selective || !random) return []
    return [{ module, selective, random, gap: Math.abs(half(selective).value - half(random).value) }]
  })
  return all.sort((a, b) => b.gap - a.gap)
}

/** The effect of ablating half of the units, selective and random, in the module in which they differ most. */
export function ablationCaption(curves: readonly OrderCurve[], epoch: number, measure: AblationMeasure): string {
  const [most] = contrasts(curves)
  const name = measure === 'top1' ? 'top-1' : 'loss'
  if (!most) return `Curves at ${epochText(epoch)}. To compare orders, measure selective and random orders together.`
  const { module, selective, random } = most
  const [own, chance] = [half(selective), half(random)]
  const share = `${(100 * own.share).toFixed(0)} %`
  const whole = selective.marks[0].n === 0 ? ` (whole network ${text(selective.marks[0].value, measure)})` : ''
  const range =
    random.draws > 1 ? ` (${random.draws} draws, ${text(chance.lower, measure)} to ${text(chance.upper, measure)})` : ''
  return `At ${epochText(epoch)}, without the ${share} most selective units of ${module} ${name} is ${text(own.value, measure)}${whole}; without as many random units it is ${text(chance.value, measure)}${range}.`
}
