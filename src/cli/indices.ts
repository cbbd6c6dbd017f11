/** `indices --run DIR [--index NAME,…] [--checkpoint FILE | --all-checkpoints] [--data SOURCE] [--json]` */
import { type IndexName, indexNames } from '../measure/indices.ts'
import { measureIndices, type SiteIndices } from '../measure/measure-indices.ts'
import { indexRows } from '../measure/rows.ts'
import { mean, rounded } from '../measure/statistics.ts'
import { tables } from '../runs/tables.ts'
import { choices, parseFlags } from './arguments.ts'
import { indicesFlags } from './flags.ts'
import { type Checkpoint, chosenCheckpoints, openRun, readRun, withNetwork } from './measured-run.ts'
import { keeping, openRunTable } from './run-table.ts'
import { print, say } from './terminal.ts'

/** A site's means over its units, with those of the floor. */
const siteMeans = ({ site, indices, floor }: SiteIndices, names: readonly IndexName[]) => ({
  site: site.name,
  ...Object.fromEntries(
    names.map((name) => {
      const meanOf = (values: ArrayLike<number> | undefined) => rounded(mean(values ?? []))
      return [name, { mean: meanOf(indices[name]), floor: meanOf(floor[name]) }]
    }),
  ),
})

const text = ({ file }: Checkpoint, measured: readonly SiteIndices[], names: readonly IndexName[]) =>
  measured
    .map(({ site, indices, floor }) => {
      const of = (name: IndexName) => {
        const [value, chance] = [indices[name], floor[name]].map((values) => mean(values ?? []).toFixed(3))
        return `${name} ${value} (${chance})`
      }
      return `${file} ${site.name}: ${names.map(of).join(', ')}`
    })
    .join('\n')

export async function indices(args: string[]): Promise<number> {
  const { values } = parseFlags(args, indicesFlags)
  const names = choices(values.index, 'index', indexNames, indexNames)
  const files = readRun(values)
  const checkpoints = chosenCheckpoints(files, values)
  const table = openRunTable(files.folder, tables.indices)
  const run = await openRun(files, values)
  const options = { shuffled: run.reader.probeShuffles, signal: run.signal }
  const results: { checkpoint: Checkpoint; measured: SiteIndices[] }[] = []
  await keeping(table, async () => {
    for (const checkpoint of checkpoints) {
      const measured = await withNetwork(run, checkpoint, (network) =>
        measureIndices(network, run.reader.probe(), names, options),
      )
      const key = { checkpoint: checkpoint.file, epoch: checkpoint.epoch, data: run.source }
      for (const row of measured.flatMap(indexRows)) table.put({ ...key, ...row })
      results.push({ checkpoint, measured })
    }
  })
  say(`Written: ${table.path}`)
  const found = results.map(({ checkpoint: { file, epoch }, measured }) => ({
    checkpoint: file,
    epoch,
    sites: measured.map((site) => siteMeans(site, names)),
  }))
  if (values.json) print(JSON.stringify({ file: table.path, checkpoints: found }))
  else print(results.map(({ checkpoint, measured }) => text(checkpoint, measured, names)).join('\n'))
  return 0
}
