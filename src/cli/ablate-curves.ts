/** `ablate --curves`: cumulative curves, into ablation-curves.csv. */
import { type AblationMode, type AblationOrder, ablationOrders, replacementOf } from '../measure/ablation.ts'
import { ablationCurves, type CurvePoint, curveAreas, plannedPoints } from '../measure/ablation-curves.ts'
import { type Row, tables } from '../runs/tables.ts'
import { type AblateFlags, ablationProgress, modeOf, modulesOf, probedUnits, resumable } from './ablate-flags.ts'
import { choices, wholeNumber } from './arguments.ts'
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

export interface CurvesPlan {
  readonly mode: AblationMode
  readonly modules: readonly string[]
  readonly orders: readonly AblationOrder[]
  readonly draws: number
  readonly points: number
}

const planOf = (files: RunFiles, values: AblateFlags): CurvesPlan => ({
  mode: modeOf(values),
  modules: modulesOf(files, values),
  orders: choices(values.order, 'order', ablationOrders, ablationOrders),
  draws: wholeNumber(values.draws, 'draws', 1, 5),
  points: wholeNumber(values.points, 'points', 2, 11),
})

const keyOf = (run: MeasuredRun, { file }: Checkpoint, { mode }: CurvesPlan) => ({
  checkpoint: file,
  data: run.source,
  mode,
  seed: run.config.seed,
})

/** Measures a checkpoint's curves, as far as they are not in the table. Rejects with AbortError. */
export async function measureCurves(
  run: MeasuredRun,
  checkpoint: Checkpoint,
  plan: CurvesPlan,
  table: RunTable,
): Promise<void> {
  const key = keyOf(run, checkpoint, plan)
  const known = (point: Pick<CurvePoint, 'module' | 'order' | 'draw' | 'n'>) => table.has({ ...key, ...point })
  if (plan.modules.every((module) => plannedPoints(run.sites, module, plan).every(known))) return
  await withNetwork(run, checkpoint, async (network) => {
    const units = await probedUnits(run, network)
    const { selectivity } = units
    const request = { ...plan, ...replacementOf(plan.mode, units), selectivity, seed: run.config.seed, known }
    const options = { signal: run.signal, onProgress: ablationProgress(checkpoint) }
    for await (const point of ablationCurves(network, run.images, request, options)) {
      table.put({ ...key, epoch: checkpoint.epoch, ...point })
    }
  })
}

const pointOf = (row: Row): CurvePoint => ({
  module: row.module,
  order: row.order as AblationOrder,
  draw: Number(row.draw),
  n: Number(row.n),
  share: Number(row.share),
  loss: Number(row.loss),
  top1: Number(row.top1),
  top5: Number(row.top5),
})

/** The points that were asked for, measured now or before. */
function resultOf(run: MeasuredRun, checkpoint: Checkpoint, plan: CurvesPlan, table: RunTable) {
  const key = keyOf(run, checkpoint, plan)
  const asked = createAsked(run, plan)
  const own = table.rows().filter((row) => Object.entries(key).every(([column, value]) => row[column] === `${value}`))
  const points = own.map(pointOf).filter(asked)
  return { checkpoint: checkpoint.file, epoch: checkpoint.epoch, mode: plan.mode, areas: curveAreas(points), points }
}

function createAsked(run: MeasuredRun, plan: CurvesPlan) {
  const name = ({ module, order, draw, n }: Pick<CurvePoint, 'module' | 'order' | 'draw' | 'n'>) =>
    [module, order, draw, n].join(' ')
  const names = new Set(plan.modules.flatMap((module) => plannedPoints(run.sites, module, plan)).map(name))
  return (point: CurvePoint) => names.has(name(point))
}

const text = ({ checkpoint, areas }: ReturnType<typeof resultOf>) =>
  [
    `${checkpoint}: area under top-1 and loss, in multiples of the whole network's`,
    ...areas.map(({ module, order, draw, top1, loss }) => {
      const name = order === 'random' ? `random ${draw}` : `${order} first`
      return `  ${module}, ${name}: ${top1.toFixed(3)}, ${loss.toFixed(3)}`
    }),
  ].join('\n')

export async function curves(files: RunFiles, values: AblateFlags): Promise<number> {
  const plan = planOf(files, values)
  const checkpoints = chosenCheckpoints(files, values)
  const table = openRunTable(files.folder, tables.curves)
  const run = await openRun(files, values)
  const code = await resumable(table, run.signal, async () => {
    for (const checkpoint of checkpoints) await measureCurves(run, checkpoint, plan, table)
  })
  if (code !== 0) return code
  const results = checkpoints.map((checkpoint) => resultOf(run, checkpoint, plan, table))
  print(values.json ? JSON.stringify({ file: table.path, checkpoints: results }) : results.map(text).join('\n'))
  return 0
}
