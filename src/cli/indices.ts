/** `indices --run DIR [--index NAME,…] [--checkpoint FILE | --all-checkpoints] [--data SOURCE] [--json]` */
import { mean } from 'd3-array'
import { type IndexName, indexNames } from '../measure/indices.ts'
import { measureIndices, type SiteIndices } from '../measure/measure-indices.ts'
import { indexRows } from '../measure/rows.ts'
import { rounded } from '../measure/statistics.ts'
import { tables } from '../runs/tables.ts'
import { choices, parseFlags } from './arguments.ts'
import { indicesFlags } from './flags.ts'
import { type Checkpoint, chosenCheckpoints, openRun, readRun, withNetwork } from './measured-run.ts'
import { keeping, openRunTable } from './run-table.ts'
import { print, say } from './terminal.ts'

interface IndexMean {
  /** Means over the units that have the index; null where none has it. */
  readonly mean: number | null
  readonly floor: number | null
  /** Number of units that have the index. A dead unit has no precision. */
  readonly units: number
}

function meanOf({ indices, floor }: SiteIndices, name: IndexName): IndexMean {
  const values = indices[name] ?? new Float64Array()
  // d3's mean skips NaN, which stands for a unit without the index.
  const of = (numbers: Iterable<number>) => {
    const found = mean(numbers)
    return found === undefined ? null : rounded(found)
  }
  return { mean: of(values), floor: of(floor[name] ?? []), units: values.filter(Number.isFinite).length }
}

const siteMeans = (found: SiteIndices, names: readonly IndexName[]) => ({
  site: found.site.name,
  ...Object.fromEntries(names.map((name) => [name, meanOf(found, name)])),
})

const text = ({ file }: Checkpoint, measured: readonly SiteIndices[], names: readonly IndexName[]) =>
  measured
    .map((found) => {
      const of = (name: IndexName) => {
        const { mean: value, floor, units } = meanOf(found, name)
        const count = units === found.site.units ? '' : `, ${units} of ${found.site.units} units`
        return `${name} ${value?.toFixed(3) ?? '–'} (floor ${floor?.toFixed(3) ?? '–'}${count})`
      }
      return `${file} ${found.site.name}: ${names.map(of).join(', ')}`
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
