/** `indices`: measures selectivity indices of checkpoints, into indices.csv. */
import { mean } from 'd3-array'
import { measureUnitIndices } from '../analysis/indices.ts'
import { eachCheckpoint } from '../analysis/rows.ts'
import { type IndexName, indexNames } from '../measure/indices.ts'
import type { SiteIndices } from '../measure/measure-indices.ts'
import { rounded } from '../measure/statistics.ts'
import { tables } from '../runs/tables.ts'
import { choices, parseFlags } from './arguments.ts'
import { fixed } from './fixed.ts'
import { indicesFlags } from './flags.ts'
import { openForMeasuring, withWarning } from './open-run.ts'
import { type Checkpoint, readRun } from './run-description.ts'
import { fillTable, openRunTable } from './run-table.ts'
import { print, progress, say } from './terminal.ts'
import { wholeCheckpoints } from './whole-checkpoints.ts'

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
        return `${name} ${fixed(value)} (floor ${fixed(floor)}${count})`
      }
      return `${file} ${found.site.name}: ${names.map(of).join(', ')}`
    })
    .join('\n')

export async function indices(args: string[]): Promise<number> {
  const { values } = parseFlags(args, indicesFlags)
  const names = choices(values.index, 'index', indexNames, indexNames)
  const files = readRun(values)
  const checkpoints = await wholeCheckpoints(files, values)
  using table = openRunTable(files.folder, tables.indices)
  await using run = await openForMeasuring(files, checkpoints, values)
  const rows = eachCheckpoint(run, checkpoints, (checkpoint) =>
    measureUnitIndices(run, checkpoint, names, {
      onProgress: progress({ label: `Indices of ${checkpoint.file}`, unit: 'images' }),
    }),
  )
  const measured = await fillTable(table, rows)
  say(`Written: ${table.path}`)
  const found = checkpoints.map(({ file, epoch }, i) => ({
    checkpoint: file,
    epoch,
    sites: measured[i].map((site) => siteMeans(site, names)),
  }))
  if (values.json) print(JSON.stringify(withWarning(run, { file: table.path, checkpoints: found })))
  else print(checkpoints.map((checkpoint, i) => text(checkpoint, measured[i], names)).join('\n'))
  return 0
}
