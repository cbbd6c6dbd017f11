/** Comparisons as tidy CSV: one row an observation. A number that is none is an empty cell. */
import { csvFormat } from 'd3-dsv'
import { rounded } from '../measure/statistics.ts'
import type { Claim } from './claims.ts'
import type { FinalScore, GroupSeries, PairedDifference } from './compare.ts'
import type { Difference } from './groups.ts'
import type { Estimate } from './interval.ts'
import type { RunRecord } from './record.ts'

type Cell = string | number

const cell = (value: Cell): string =>
  typeof value === 'number' ? (Number.isFinite(value) ? `${rounded(value)}` : '') : value

/** Text with a header, also where there are no rows. */
function csv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, cell(row[i])])))
  return `${csvFormat(objects, [...columns])}\n`
}

/** Means and bands over seeds. */
export const bandsCsv = (series: readonly GroupSeries[]): string =>
  csv(
    ['arm', 'metric', 'epoch', 'runs', 'mean', 'band', 'lower', 'upper'],
    series.flatMap(({ group, metric, kind, epochs, bands }) =>
      bands.map(({ n, mean, lower, upper }, i) => [group.name, metric.id, epochs[i], n, mean, kind, lower, upper]),
    ),
  )

/** Every run's own values. */
export const membersCsv = (series: readonly GroupSeries[]): string =>
  csv(
    ['arm', 'run', 'seed', 'metric', 'epoch', 'value'],
    series.flatMap(({ group, metric, epochs, members }) =>
      members.flatMap(({ run, seed, values }) =>
        values.map((value, i) => [group.name, run, seed, metric.id, epochs[i], value]),
      ),
    ),
  )

const estimateColumns = ['runs', 'mean', 'deviation', 'lower', 'upper']
const estimateCells = ({ n, mean, deviation, lower, upper }: Estimate): number[] => [n, mean, deviation, lower, upper]

/** Final top-1 by arm; the interval is Student's t, 95 %. */
export const finalsCsv = (scores: readonly FinalScore[]): string =>
  csv(
    ['arm', ...estimateColumns],
    scores.map(({ group, top1 }) => [group, ...estimateCells(top1)]),
  )

/** Paired differences of final top-1, reference − arm, and the bootstrap's interval. */
export const differencesCsv = (pairs: readonly PairedDifference[]): string =>
  csv(
    ['reference', 'arm', ...estimateColumns, 'bootstrapLower', 'bootstrapUpper'],
    pairs.map(({ reference, group, difference, bootstrapped }) => [
      reference,
      group,
      ...estimateCells(difference),
      bootstrapped.lower,
      bootstrapped.upper,
    ]),
  )

/** Final top-1 run by run. */
export const finalRunsCsv = (scores: readonly FinalScore[]): string =>
  csv(
    ['arm', 'run', 'seed', 'top1'],
    scores.flatMap(({ group, runs }) => runs.map(({ run, seed, top1 }) => [group, run, seed, top1])),
  )

/** Configuration keys in which runs differ, a row a key and run; values as JSON. */
export const configCsv = (differences: readonly Difference[], runs: readonly RunRecord[]): string =>
  csv(
    ['key', 'run', 'value'],
    differences.flatMap(({ key, values }) => values.map((value, i) => [key, runs[i].name, JSON.stringify(value)])),
  )

/** Every number that a claim's conditions were judged by, a row a measured value; `difference` is the seed's number. */
export const claimsCsv = (claims: readonly Claim[]): string =>
  csv(
    [
      'claim',
      'verdict',
      'part',
      'partVerdict',
      'condition',
      'status',
      'seed',
      'difference',
      'run',
      'what',
      'epoch',
      'value',
    ],
    claims.flatMap(({ id, verdict, parts }) =>
      parts.flatMap((part) =>
        part.conditions.flatMap(({ id: condition, status, seeds }) =>
          seeds.flatMap(({ seed, value: own, terms }) =>
            terms.map(({ run, what, epoch, value }) => {
              const judged = [id, verdict, part.name, part.verdict, condition, status]
              return [...judged, seed, own, run, what, epoch, value]
            }),
          ),
        ),
      ),
    ),
  )
