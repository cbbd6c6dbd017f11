/** `linearity --run DIR [--checkpoint FILE | --all-checkpoints | --epochs LIST] [--data SOURCE] [--json]` */
import { type Linearity, linearity as measureLinearity } from '../measure/linearity.ts'
import { linearityRows } from '../measure/rows.ts'
import { tables } from '../runs/tables.ts'
import { parseFlags } from './arguments.ts'
import { checkpointFlags } from './flags.ts'
import { type Checkpoint, chosenCheckpoints, type MeasuredRun, openRun, readRun, withNetwork } from './measured-run.ts'
import { keeping, openRunTable, type RunTable } from './run-table.ts'
import { print, progress, say } from './terminal.ts'

const list = (values: Readonly<Record<string, number>>) =>
  Object.entries(values)
    .map(([site, value]) => `${site} ${value.toFixed(3)}`)
    .join(', ')

const text = ({ file }: Checkpoint, { images, affineDeviation, gateConstancy, readOut }: Linearity) =>
  [
    `${file}, ${images} images: affine deviation ${affineDeviation.toFixed(4)}`,
    `  gate constancy: ${list(gateConstancy)}`,
    `  linear read-out, R²: ${list(readOut)}`,
  ].join('\n')

/** Whether a table has a checkpoint's linearity on the run's images. */
export const hasLinearity = (table: RunTable, { source }: MeasuredRun, { file }: Checkpoint): boolean =>
  table.has({ checkpoint: file, data: source, measure: 'affineDeviation', site: '', other: '', k: '' })

/** Measures a checkpoint, into the table. Rejects with AbortError. */
export async function measureInto(table: RunTable, run: MeasuredRun, checkpoint: Checkpoint): Promise<Linearity> {
  const shown = progress({ label: `Linearity of ${checkpoint.file}`, unit: 'images' })
  const onProgress = (done: number) => shown(done, run.images.images)
  const options = { seed: run.config.seed, signal: run.signal, onProgress }
  const result = await withNetwork(run, checkpoint, (network) =>
    measureLinearity(network, run.images.batches(), options),
  )
  const { file, epoch } = checkpoint
  for (const row of linearityRows(result)) table.put({ checkpoint: file, epoch, data: run.source, ...row })
  return result
}

/** One checkpoint's result as it is, several in a list. */
const json = (results: readonly { checkpoint: Checkpoint; result: Linearity }[], all: boolean) =>
  JSON.stringify(
    all
      ? {
          checkpoints: results.map(({ checkpoint: { file, epoch }, result }) => ({
            checkpoint: file,
            epoch,
            ...result,
          })),
        }
      : results[0].result,
  )

export async function linearity(args: string[]): Promise<number> {
  const { values } = parseFlags(args, checkpointFlags)
  const files = readRun(values)
  const checkpoints = chosenCheckpoints(files, values)
  const table = openRunTable(files.folder, tables.linearity)
  const run = await openRun(files, values)
  const results: { checkpoint: Checkpoint; result: Linearity }[] = []
  await keeping(table, async () => {
    for (const checkpoint of checkpoints) {
      results.push({ checkpoint, result: await measureInto(table, run, checkpoint) })
    }
  })
  say(`Written: ${table.path}`)
  const all = (values['all-checkpoints'] ?? false) || values.epochs !== undefined
  print(values.json ? json(results, all) : results.map(({ checkpoint, result }) => text(checkpoint, result)).join('\n'))
  return 0
}
