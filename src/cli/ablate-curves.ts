/** `ablate --curves`: cumulative curves, written to ablation-curves.csv. */
import { type CurvesRequest, curveKey, measureCurves, requestedPoints } from '../analysis/curves.ts'
import { eachCheckpoint, type Measuring } from '../analysis/rows.ts'
import { type AblationOrder, ablationOrders } from '../measure/ablation.ts'
import { type CurvePoint, curveAreas } from '../measure/ablation-curves.ts'
import type { CurvePointName } from '../protocol/measurement.ts'
import { type Row, tables } from '../runs/tables.ts'
import { type AblateFlags, modeOf, modulesOf } from './ablate-flags.ts'
import { choices, wholeNumber } from './arguments.ts'
import { fixed } from './fixed.ts'
import { type OpenedFolder, openForMeasuring, withWarning } from './open-run.ts'
import type { Checkpoint, RunDescription } from './run-description.ts'
import { fillOrStop, isMeasured, openRunTable, type RunTable, rowsWith } from './run-table.ts'
import { print, progress } from './terminal.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

const requestOf = (files: RunDescription, values: AblateFlags): CurvesRequest => ({
  mode: modeOf(values),
  modules: modulesOf(files, values),
  orders: choices(values.order, 'order', ablationOrders, ablationOrders),
  draws: wholeNumber(values.draws, 'draws', 1, 5),
  points: wholeNumber(values.points, 'points', 2, 11),
})

/** Measures a checkpoint's curves as far as the table lacks them. */
export function missingCurves(
  run: OpenedFolder,
  checkpoint: Checkpoint,
  request: CurvesRequest,
  table: RunTable,
): Measuring {
  const key = curveKey(run, checkpoint, request)
  const known = (point: CurvePointName) => isMeasured(table, run, { ...key, ...point })
  return measureCurves(run, checkpoint, request, {
    known,
    onProgress: progress({ label: `Ablating ${checkpoint.file}` }),
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

const pointName = ({ module, order, draw, n }: CurvePointName) => [module, order, draw, n].join(' ')

/** The requested points, whenever they were measured. */
function resultOf(run: OpenedFolder, checkpoint: Checkpoint, request: CurvesRequest, table: RunTable) {
  const { epoch, ...key } = curveKey(run, checkpoint, request)
  const requested = new Set(requestedPoints(run, request).map(pointName))
  const points = rowsWith(table, run, key)
    .map(pointOf)
    .filter((point) => requested.has(pointName(point)))
  return { checkpoint: checkpoint.file, epoch, mode: request.mode, areas: curveAreas(points), points }
}

const text = ({ checkpoint, areas }: ReturnType<typeof resultOf>) =>
  [
    `${checkpoint}: area under top-1 and loss, in multiples of the whole network's`,
    ...areas.map(({ module, order, draw, top1, loss }) => {
      const name = order === 'random' ? `random ${draw}` : `${order} first`
      return `  ${module}, ${name}: ${fixed(top1)}, ${fixed(loss)}`
    }),
  ].join('\n')

export async function curves(files: RunDescription, values: AblateFlags): Promise<number> {
  const request = requestOf(files, values)
  const checkpoints = await wholeCheckpoints(files, values)
  using table = openRunTable(files.folder, tables.curves)
  await using run = await openForMeasuring(files, checkpoints, values)
  const rows = eachCheckpoint(run, checkpoints, (checkpoint) => missingCurves(run, checkpoint, request, table))
  if (!(await fillOrStop(table, run.signal, rows))) return 1
  const results = checkpoints.map((checkpoint) => resultOf(run, checkpoint, request, table))
  print(
    values.json
      ? JSON.stringify(withWarning(run, { file: table.path, checkpoints: results }))
      : results.map(text).join('\n'),
  )
  return 0
}
