/** Numbers of the area chart: the area under each checkpoint's ablation curves. */
import { group, mean } from 'd3-array'
import type { AblationMode, AblationOrder } from '../../../protocol/measurement.ts'
import { type CurveRow, curveArea, curveRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import type { AblationMeasure } from '../ablation/model.ts'

export interface Area {
  readonly step: number
  readonly epoch: number
  readonly module: string
  readonly order: AblationOrder
  /** Mean over the draws. */
  readonly area: number
  readonly draws: number
}

/** An order, or the area of random orders minus the area of the selective order. */
export type AreaOrder = AblationOrder | 'difference'

function areaOf(run: Run, rows: readonly CurveRow[], measure: AblationMeasure): Area[] {
  const [{ checkpoint, module, order }] = rows
  const saved = run.checkpoints.find(({ file }) => file === checkpoint)
  if (!saved) return []
  const draws = [...group(rows, ({ draw }) => draw).values()]
  const area = mean(draws, (own) => curveArea(own, measure)) ?? Number.NaN
  return [{ step: saved.step, epoch: saved.epoch, module, order, area, draws: draws.length }]
}

/** The areas of all checkpoints, sorted by step and module. */
export function areasOf(run: Run, mode: AblationMode, measure: AblationMeasure): Area[] {
  const own = curveRows(run.measured).filter((row) => row.mode === mode)
  const curves = group(own, ({ checkpoint, module, order }) => [checkpoint, module, order].join(' '))
  return [...curves.values()]
    .flatMap((rows) => areaOf(run, rows, measure))
    .sort((a, b) => a.step - b.step || a.module.localeCompare(b.module))
}

export interface AreaRow {
  readonly x: number
  readonly step: number
  /** `layer1`, `layer1.random` */
  readonly [key: string]: number
}

/** A row for each checkpoint. */
export function areaRows(areas: readonly Area[], shown: AreaOrder, at: (step: number) => number): AreaRow[] {
  return [...group(areas, ({ step }) => step)].map(([step, own]) => {
    const of = (module: string, order: AblationOrder) =>
      own.find((area) => area.module === module && area.order === order)?.area ?? Number.NaN
    const cells = [...new Set(own.map(({ module }) => module))].flatMap((module) => {
      const random = of(module, 'random')
      const value = shown === 'difference' ? random - of(module, 'selective') : of(module, shown)
      const chance = shown === 'selective' || shown === 'least' ? [[`${module}.random`, random] as const] : []
      return [[module, value] as const, ...chance]
    })
    const known = cells.filter(([, value]) => Number.isFinite(value))
    return { x: at(step), step, ...Object.fromEntries(known) }
  })
}

export const areaTable = (areas: readonly Area[]): ChartTable => ({
  columns: ['step', 'epoch', 'module', 'order', 'draws', 'area'],
  rows: () => areas.map(({ step, epoch, module, order, draws, area }) => [step, epoch, module, order, draws, area]),
})

/** The checkpoint and module in which the selective and random orders differ most, and the unit of the areas. */
export function areaCaption(areas: readonly Area[], measure: AblationMeasure): string {
  const unit = `Areas are multiples of the whole network's ${measure === 'top1' ? 'top-1' : 'loss'}: 1 means that ablation changes nothing.`
  const pairs = areas.flatMap((own) => {
    if (own.order !== 'selective') return []
    const random = areas.find(
      ({ step, module, order }) => step === own.step && module === own.module && order === 'random',
    )
    return random ? [{ ...own, random: random.area, gap: Math.abs(random.area - own.area) }] : []
  })
  const sure = pairs.filter(({ gap }) => Number.isFinite(gap))
  if (sure.length === 0) return unit
  const most = sure.reduce((a, b) => (b.gap > a.gap ? b : a))
  return `Selective and random orders differ most at epoch ${most.epoch.toFixed(2)} in ${most.module}: areas ${most.area.toFixed(2)} and ${most.random.toFixed(2)}. ${unit}`
}
