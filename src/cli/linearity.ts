/** `linearity --run DIR [--checkpoint FILE | --all-checkpoints | --epochs LIST] [--pairs PAIRS] [--data SOURCE] [--json]` */
import { measureLinearity } from '../analysis/linearity.ts'
import { eachCheckpoint, measuredOn } from '../analysis/rows.ts'
import { type Pairing, pairings } from '../measure/affine-deviation.ts'
import type { Linearity } from '../measure/linearity.ts'
import { tables } from '../runs/tables.ts'
import { choices, parseFlags, UsageError } from './arguments.ts'
import { fixed } from './fixed.ts'
import { linearityFlags } from './flags.ts'
import { type OpenedFolder, openForMeasuring, withWarning } from './open-run.ts'
import { type Checkpoint, readRun } from './run-description.ts'
import { fillTable, isMeasured, openRunTable, type RunTable } from './run-table.ts'
import { print, progress, say } from './terminal.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

const list = (values: Readonly<Record<string, number>>) =>
  Object.entries(values)
    .map(([site, value]) => `${site} ${fixed(value)}`)
    .join(', ')

interface Result {
  readonly checkpoint: Checkpoint
  readonly linearity: Linearity
}

const text = ({ checkpoint, linearity: { images, pairs, seed, affineDeviation, gateConstancy, readOut } }: Result) =>
  [
    `${checkpoint.file}, ${images} images: affine deviation ${fixed(affineDeviation, 4)} (pairs ${pairs === 'seeded' ? `of seed ${seed}` : 'in data order'})`,
    `  gate constancy: ${list(gateConstancy)}`,
    `  linear read-out, R²: ${list(readOut)}`,
  ].join('\n')

/** Whether a table has a checkpoint's linearity on the run's images, with seeded pairs. */
export const hasLinearity = (table: RunTable, run: OpenedFolder, checkpoint: Checkpoint): boolean =>
  isMeasured(table, run, {
    ...measuredOn(run, checkpoint),
    ...{ measure: 'affineDeviation', site: '', other: '', k: '', pairs: 'seeded' },
  })

/** One checkpoint's result as it is; several in a list. */
const json = (run: OpenedFolder, results: readonly Result[], several: boolean) =>
  JSON.stringify(
    withWarning<object>(
      run,
      several
        ? {
            checkpoints: results.map(({ checkpoint: { file, epoch }, linearity }) => ({
              checkpoint: file,
              epoch,
              ...linearity,
            })),
          }
        : results[0].linearity,
    ),
  )

function pairsOf(value: string | undefined): Pairing {
  const [pairs, second] = choices(value, 'pairs', pairings, ['seeded'])
  if (second) throw new UsageError(`invalid --pairs: ${value} (${pairings.join(' or ')})`)
  return pairs
}

export async function linearity(args: string[]): Promise<number> {
  const { values } = parseFlags(args, linearityFlags)
  const files = readRun(values)
  const pairs = pairsOf(values.pairs)
  const checkpoints = await wholeCheckpoints(files, values)
  using table = openRunTable(files.folder, tables.linearity)
  await using run = await openForMeasuring(files, checkpoints, values)
  const rows = eachCheckpoint(run, checkpoints, (checkpoint) =>
    measureLinearity(run, checkpoint, {
      pairs,
      onProgress: progress({ label: `Linearity of ${checkpoint.file}`, unit: 'images' }),
    }),
  )
  const measured = await fillTable(table, rows)
  say(`Written: ${table.path}`)
  const results = measured.map((found, i): Result => ({ checkpoint: checkpoints[i], linearity: found }))
  const several = (values['all-checkpoints'] ?? false) || values.epochs !== undefined
  print(values.json ? json(run, results, several) : results.map(text).join('\n'))
  return 0
}
