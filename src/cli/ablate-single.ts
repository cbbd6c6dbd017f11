/** `ablate --single`: units one at a time, written to ablation-units.csv. */
import { type EffectsRequest, measureEffects } from '../analysis/effects.ts'
import { eachCheckpoint, type Measuring, measuredOn } from '../analysis/rows.ts'
import type { UnitSet } from '../measure/ablation.ts'
import { impactCorrelations, type UnitEffect } from '../measure/unit-effects.ts'
import type { ImpactCorrelation } from '../protocol/measurement.ts'
import { type Row, tables } from '../runs/tables.ts'
import { type AblateFlags, modeOf, modulesOf } from './ablate-flags.ts'
import { wholeNumber } from './arguments.ts'
import { fixed } from './fixed.ts'
import { type OpenedFolder, openForMeasuring, withWarning } from './open-run.ts'
import type { Checkpoint, RunDescription } from './run-description.ts'
import { fillOrStop, isMeasured, openRunTable, type RunTable, rowsWith } from './run-table.ts'
import { print, progress } from './terminal.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

function requestOf(files: RunDescription, values: AblateFlags): EffectsRequest {
  const sample = wholeNumber(values.sample, 'sample', 1, Number.MAX_SAFE_INTEGER)
  return { mode: modeOf(values), units: { modules: modulesOf(files, values), sample } }
}

const keyOf = (run: OpenedFolder, checkpoint: Checkpoint, { mode }: EffectsRequest) => {
  const { epoch: _, ...on } = measuredOn(run, checkpoint)
  return { ...on, mode }
}

/** Ablates a checkpoint's units as far as the table lacks them. */
export function missingEffects(
  run: OpenedFolder,
  checkpoint: Checkpoint,
  request: EffectsRequest,
  table: RunTable,
): Measuring<UnitSet> {
  const key = keyOf(run, checkpoint, request)
  const modules = new Map(run.sites.map(({ name, module }) => [name, module]))
  const known = (site: string, unit: number) =>
    isMeasured(table, run, { ...key, module: modules.get(site) ?? '', site, unit })
  return measureEffects(run, checkpoint, request, {
    known,
    onProgress: progress({ label: `Ablating ${checkpoint.file}` }),
  })
}

const effectOf = (row: Row): UnitEffect => ({
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

/** The correlations over the requested units, whenever they were measured. */
function resultOf(
  run: OpenedFolder,
  checkpoint: Checkpoint,
  request: EffectsRequest,
  units: UnitSet,
  table: RunTable,
): Result {
  const requested = new Map([...units].map(([site, own]) => [site, new Set(Array.from(own))]))
  const effects = rowsWith(table, run, keyOf(run, checkpoint, request))
    .map(effectOf)
    .filter(({ site, unit }) => requested.get(site)?.has(unit))
  const { file, epoch } = checkpoint
  return { checkpoint: file, epoch, mode: request.mode, modules: impactCorrelations(effects, run.config.seed) }
}

const text = ({ checkpoint, modules }: Result) =>
  [
    `${checkpoint}: Spearman's ρ of the loss's increase and selectivity, with its 95 % interval`,
    ...modules.map(({ module, units, lossIncrease: { rho, lower, upper } }) => {
      const [r, l, u] = [rho, lower, upper].map((value) => fixed(value))
      return `  ${module}, ${units} units: ${r} (${l} … ${u})`
    }),
  ].join('\n')

export async function single(files: RunDescription, values: AblateFlags): Promise<number> {
  const request = requestOf(files, values)
  const checkpoints = await wholeCheckpoints(files, values)
  using table = openRunTable(files.folder, tables.units)
  await using run = await openForMeasuring(files, checkpoints, values)
  const rows = eachCheckpoint(run, checkpoints, (checkpoint) => missingEffects(run, checkpoint, request, table))
  const units = await fillOrStop(table, run.signal, rows)
  if (!units) return 1
  const results = checkpoints.map((checkpoint, i) => resultOf(run, checkpoint, request, units[i], table))
  print(
    values.json
      ? JSON.stringify(withWarning(run, { file: table.path, checkpoints: results }))
      : results.map(text).join('\n'),
  )
  return 0
}
