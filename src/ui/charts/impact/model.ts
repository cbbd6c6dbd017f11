/** Numbers of the single-unit chart: each unit's impact and selectivity, with a panel for each module. */
import { group } from 'd3-array'
import type { AblationMode, ImpactName, RankCorrelation } from '../../../protocol/measurement.ts'
import { correlationName, type EffectRow, effectRows } from '../../../runs/measured.ts'
import type { Run } from '../../../runs/reduce.ts'
import type { ChartTable } from '../../figure/figure.ts'
import { checkpointAt, epochText } from '../../plot/moment.ts'

export const impactNames: Readonly<Record<ImpactName, string>> = {
  lossIncrease: 'increase of the loss',
  top1Drop: 'drop of top-1',
  preferredTop1Drop: "drop of the preferred class's top-1",
}

/** The factor from stored to displayed values. Shares are displayed in percentage points. */
export const impactFactor = (impact: ImpactName): number => (impact === 'lossIncrease' ? 1 : 100)

export interface ImpactPanel {
  readonly module: string
  /** By ascending selectivity. */
  readonly units: readonly EffectRow[]
  /** Null until the worker has computed it. */
  readonly correlation: RankCorrelation | null
}

export const effectModes = (run: Run): AblationMode[] => [...new Set(effectRows(run.measured).map(({ mode }) => mode))]

/** The measured checkpoint at a moment, and the effects of its units. */
export function shownEffects(run: Run, moment: number | null, mode: AblationMode) {
  const own = effectRows(run.measured).filter((row) => row.mode === mode)
  const checkpoint = checkpointAt(run, moment, new Set(own.map((row) => row.checkpoint)))
  return { checkpoint, rows: own.filter((row) => row.checkpoint === checkpoint?.file) }
}

export function impactPanels(
  run: Run,
  rows: readonly EffectRow[],
  { file, mode, impact }: { readonly file: string; readonly mode: AblationMode; readonly impact: ImpactName },
): ImpactPanel[] {
  const correlations = run.measured.correlations.get(correlationName(file, mode)) ?? []
  return [...group(rows, ({ module }) => module)]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([module, units]) => ({
      module,
      units: [...units].sort((a, b) => a.selectivity - b.selectivity),
      correlation: correlations.find((one) => one.module === module)?.[impact] ?? null,
    }))
}

export const effectTable = (rows: readonly EffectRow[]): ChartTable => ({
  columns: [
    'epoch',
    'module',
    'site',
    'unit',
    'selectivity',
    'preferredClass',
    'lossIncrease',
    'top1Drop',
    'preferredTop1Drop',
    'mode',
    'checkpoint',
  ],
  rows: () =>
    rows.map((row) => [
      row.epoch,
      row.module,
      row.site,
      row.unit,
      row.selectivity,
      row.preferredClass,
      row.lossIncrease,
      row.top1Drop,
      row.preferredTop1Drop,
      row.mode,
      row.checkpoint,
    ]),
})

const signed = (value: number) => value.toFixed(2).replace('-', '−')

/** "ρ 0.31 [0.10, 0.49]"; "ρ –" if undefined; empty until the worker has computed it. */
export function correlationText(correlation: RankCorrelation | null): string {
  if (!correlation) return ''
  const { rho, lower, upper } = correlation
  if (!Number.isFinite(rho)) return 'ρ –'
  return `ρ ${signed(rho)} [${signed(lower)}, ${signed(upper)}]`
}

/** The impact and epoch, and Spearman's ρ of each module with its interval. */
export function impactCaption(panels: readonly ImpactPanel[], epoch: number, impact: ImpactName): string {
  const each = panels
    .filter(({ correlation }) => correlation)
    .map(
      ({ module, units, correlation }) =>
        `${module} ${correlationText(correlation).slice(2)} over ${units.length} units`,
    )
  const what = `${impactNames[impact]} without one unit against its SI, at ${epochText(epoch)}`
  const said = `${what[0].toUpperCase()}${what.slice(1)}.`
  return each.length === 0 ? said : `${said} Spearman's ρ with its bootstrap interval of 95 %: ${each.join('; ')}.`
}
