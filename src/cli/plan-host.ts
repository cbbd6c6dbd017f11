/** Stores a plan's runs in folders: DIR/ARM/seed-N. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { measureLinearity } from '../analysis/linearity.ts'
import { parseConfig, type RunConfig } from '../config/config.ts'
import { isMeasured, type Measure, measuresAny, type PlannedRun, savedEpochs } from '../experiments/plan.ts'
import type { FoundRun, QueueHost } from '../experiments/queue/run-plan.ts'
import { tables } from '../runs/tables.ts'
import { missingCurves } from './ablate-curves.ts'
import { modulesOf } from './ablate-flags.ts'
import { missingEffects } from './ablate-single.ts'
import { readJson, UsageError } from './arguments.ts'
import { hasLinearity } from './linearity.ts'
import { lockFolder } from './lock.ts'
import { type OpenedFolder, openForMeasuring } from './open-run.ts'
import { lastEvent } from './read-run.ts'
import { infoOf } from './record-run.ts'
import { canResume, hasCheckpoints, readGoing } from './resume.ts'
import { type Checkpoint, checkpointsOf, readRun } from './run-description.ts'
import { readFolder } from './run-disk.ts'
import { fillTable, openRunTable } from './run-table.ts'
import { say } from './terminal.ts'
import { type RunRequest, trainInto } from './train-run.ts'
import { withoutDamaged } from './whole-checkpoints.ts'

/** Returns how far the run in a folder has got. Rejects with UsageError where starting over would lose its checkpoints. */
export async function findRun(folder: string): Promise<FoundRun> {
  const last = await lastEvent(readFolder(folder), folder)
  if (last?.type === 'end' && (last.reason === 'finished' || last.reason === 'diverged')) return last.reason
  if (canResume(folder)) return 'interrupted'
  if (!last || !hasCheckpoints(folder)) return 'new'
  throw new UsageError(
    `${folder} has checkpoints, but no state to resume from; restore its folder resume, or remove ${folder} to train the run again`,
  )
}

/** A configuration as text, without the place of its images: these may move, and their fingerprint is compared. */
const textOf = ({ data, ...config }: RunConfig) => JSON.stringify({ ...config, data: { ...data, source: '' } })

/** Refuses a folder with a run of another configuration. Throws UsageError. */
export function requireSameRun(folder: string, { name, config }: PlannedRun): void {
  const path = join(folder, 'config.json')
  if (!existsSync(path)) return
  const there = parseConfig(readJson(path, 'configuration'))
  if (textOf(there) !== textOf(config)) {
    throw new UsageError(
      `${folder} holds a run of another configuration than ${name} of this plan; choose another --out`,
    )
  }
}

export interface PlanHostOptions
  extends Pick<RunRequest, 'tuning' | 'eager' | 'check' | 'cache' | 'open' | 'openImages' | 'acceptChangedData'> {
  readonly out: string
  readonly measure: Measure
}

async function measureCheckpoint(
  run: OpenedFolder,
  folder: string,
  checkpoint: Checkpoint,
  { ablation, units, linearity }: Measure,
) {
  const modulesIn = (modules: readonly string[] | null) => modules ?? modulesOf(run)
  if (ablation) {
    using table = openRunTable(folder, tables.curves)
    const modules = modulesIn(ablation.modules)
    const request = { ...ablation, modules, mode: 'zero', orders: ['selective', 'random'] } as const
    await fillTable(table, missingCurves(run, checkpoint, request, table))
  }
  if (units) {
    using table = openRunTable(folder, tables.units)
    const sample = { modules: modulesIn(units.modules), sample: units.sample }
    await fillTable(table, missingEffects(run, checkpoint, { mode: 'zero', units: sample }, table))
  }
  if (linearity) {
    using table = openRunTable(folder, tables.linearity)
    if (!hasLinearity(table, run, checkpoint)) await fillTable(table, measureLinearity(run, checkpoint))
  }
}

/** The epochs that the plan measures and that have no checkpoint, for instance because saving failed. */
export function missingEpochs(
  config: RunConfig,
  measure: Measure,
  checkpoints: readonly { epoch: number }[],
): number[] {
  const found = new Set(checkpoints.map(({ epoch }) => epoch))
  return savedEpochs(config).filter((epoch) => isMeasured(measure, epoch) && !found.has(epoch))
}

/** Trains into folders and measures there. A run that was interrupted before its first checkpoint starts over. */
export function folderHost({ out, measure, ...options }: PlanHostOptions): QueueHost {
  const folderOf = ({ name }: PlannedRun) => join(out, name)
  const runOne: QueueHost['runOne'] = async function* (run, resumed, signal) {
    const folder = folderOf(run)
    using lock = lockFolder(folder)
    const request = { ...options, config: run.config, out: folder, signal, lock }
    yield* trainInto(
      resumed
        ? { ...request, going: await readGoing(readFolder(folder), folder) }
        : { ...request, info: infoOf(run.name) },
    )
  }
  const measureRun = async (run: PlannedRun, signal: AbortSignal) => {
    const files = readRun({ run: folderOf(run) })
    const all = checkpointsOf(files).filter(({ epoch }) => isMeasured(measure, epoch))
    const checkpoints = await withoutDamaged(files, all)
    const missing = missingEpochs(run.config, measure, checkpoints)
    if (missing.length > 0) {
      say(
        `Warning: ${run.name} is not measured at epoch ${missing.join(', ')}, because its checkpoints are missing or damaged.`,
      )
    }
    const { gpu } = await options.open()
    const moved = files.config.data.source !== run.config.data.source
    const place = moved ? { data: run.config.data.source } : {}
    await using opened = await openForMeasuring(files, checkpoints, place, { ...options, gpu, signal })
    for (const checkpoint of checkpoints) await measureCheckpoint(opened, files.folder, checkpoint, measure)
  }
  return { find: (run) => findRun(folderOf(run)), runOne, ...(measuresAny(measure) ? { measure: measureRun } : {}) }
}
