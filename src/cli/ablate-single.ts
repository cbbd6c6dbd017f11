/** `ablate --single`: units one at a time, into ablation-units.csv. */
import { type AblationMode, replacementOf, sampleUnits, sitesIn, type UnitSet } from '../measure/ablation.ts'
import { type ImpactCorrelation, impactCorrelations, type UnitEffect, unitEffects } from '../measure/unit-effects.ts'
import type { Units } from '../measure/units.ts'
import { type Row, tables } from '../runs/tables.ts'
import { type AblateFlags, ablationProgress, modeOf, modulesOf, probedUnits, resumable } from './ablate-flags.ts'
import { wholeNumber } from './arguments.ts'
import {
  type Checkpoint,
  chosenCheckpoints,
  type MeasuredRun,
  openRun,
  type RunFiles,
  withNetwork,
} from './measured-run.ts'
import { openRunTable, type RunTable } from './run-table.ts'
import { print } from './terminal.ts'

export interface SinglePlan {
  readonly mode: AblationMode
  readonly modules: readonly string[]
  /** Units of each module. */
  readonly sample: number
}

const planOf = (files: RunFiles, values: AblateFlags): SinglePlan => ({
  mode: modeOf(values),
  modules: modulesOf(files, values),
  sample: wholeNumber(values.sample, 'sample', 1, Number.MAX_SAFE_INTEGER),
})

const chosenUnits = (
  { sites, config }: MeasuredRun,
  { modules, sample }: SinglePlan,
  { selectivity }: Units,
): UnitSet =>
  new Map(
    modules.flatMap((module) => [
      ...sampleUnits(sitesIn(sites, module), selectivity, { count: sample, seed: config.seed }),
    ]),
  )

const numbers = (row: Row): UnitEffect => ({
  module: row.module,
  site: row.site,
  unit: Number(row.unit),
  selectivity: Number(row.selectivity),
  preferredClass: Number(row.preferredClass),
  loss: Number(row.loss),
  top1: Number(row.top1),
  top5: Number(row.top5),
  preferredTop1: Number(row.preferredTop1),
  lossIncrease: Number(row.lossIncrease),
  top1Drop: Number(row.top1Drop),
  preferredTop1Drop: Number(row.preferredTop1Drop),
})

interface Result {
  readonly checkpoint: string
  readonly epoch: number
  readonly mode: string
  readonly modules: readonly ImpactCorrelation[]
}

/** Measures a checkpoint's units, as far as they are not in the table. Rejects with AbortError. */
export async function measureSingle(
  run: MeasuredRun,
  checkpoint: Checkpoint,
  plan: SinglePlan,
  table: RunTable,
): Promise<Result> {
  const { file, epoch } = checkpoint
  const key = { checkpoint: file, data: run.source, mode: plan.mode }
  return withNetwork(run, checkpoint, async (network) => {
    const probed = await probedUnits(run, network)
    const chosen = chosenUnits(run, plan, probed)
    const known = (site: string, unit: number) =>
      table.has({ ...key, module: site.slice(0, site.indexOf('.')), site, unit })
    const units = new Map(
      [...chosen].map(([site, all]) => [site, Array.from(all).filter((unit) => !known(site, unit))] as const),
    )
    const request = { ...replacementOf(plan.mode, probed), ...probed, units }
    const options = { signal: run.signal, onProgress: ablationProgress(checkpoint) }
    for await (const effect of unitEffects(network, run.images, request, options)) {
      table.put({ ...key, epoch, ...effect })
    }
    const asked = new Map([...chosen].map(([site, all]) => [site, new Set(Array.from(all))]))
    const effects = table
      .rows()
      .filter((row) => Object.entries(key).every(([column, value]) => row[column] === value))
      .map(numbers)
      .filter(({ site, unit }) => asked.get(site)?.has(unit))
    return { checkpoint: file, epoch, mode: plan.mode, modules: impactCorrelations(effects, run.config.seed) }
  })
}

const text = ({ checkpoint, modules }: Result) =>
  [
    `${checkpoint}: Spearman's ρ of the loss's increase and selectivity, with its 95 % interval`,
    ...modules.map(({ module, units, lossIncrease: { rho, lower, upper } }) => {
      const [r, l, u] = [rho, lower, upper].map((value) => value.toFixed(3))
      return `  ${module}, ${units} units: ${r} (${l} … ${u})`
    }),
  ].join('\n')

export async function single(files: RunFiles, values: AblateFlags): Promise<number> {
  const plan = planOf(files, values)
  const checkpoints = chosenCheckpoints(files, values)
  const table = openRunTable(files.folder, tables.units)
  const run = await openRun(files, values)
  const results: Result[] = []
  const code = await resumable(table, run.signal, async () => {
    for (const checkpoint of checkpoints) results.push(await measureSingle(run, checkpoint, plan, table))
  })
  if (code !== 0) return code
  print(values.json ? JSON.stringify({ file: table.path, checkpoints: results }) : results.map(text).join('\n'))
  return 0
}
