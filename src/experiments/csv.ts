/** Comparisons and claims as tidy CSV: one row for each observation. A number that is not finite is an empty cell. */
import { csvFormat } from 'd3-dsv'
import { rounded } from '../measure/statistics.ts'
import type { Condition, Part, SeedValue, Term } from './claims/judge.ts'
import type { Claim } from './claims.ts'
import type { Band, FinalScore, GroupSeries, PairedDifference } from './compare.ts'
import type { Difference } from './groups.ts'
import type { Estimate } from './interval.ts'
import type { RunRecord } from './record.ts'

type Cell = string | number

/** Column name → the cell of a row, in the order of the file. */
type Columns<R> = Readonly<Record<string, (row: R) => Cell>>

const textOf = (value: Cell): string => {
  if (typeof value === 'string') return value
  return Number.isFinite(value) ? `${rounded(value)}` : ''
}

/** CSV with a header, also without rows. */
function csv<R>(columns: Columns<R>, rows: readonly R[]): string {
  const cells = (row: R) => Object.fromEntries(Object.entries(columns).map(([name, of]) => [name, textOf(of(row))]))
  return `${csvFormat(rows.map(cells), Object.keys(columns))}\n`
}

/** Columns of an estimate that a row contains. */
const estimateColumns = <R>(of: (row: R) => Estimate): Columns<R> => ({
  runs: (row) => of(row).n,
  mean: (row) => of(row).mean,
  deviation: (row) => of(row).deviation,
  lower: (row) => of(row).lower,
  upper: (row) => of(row).upper,
})

interface BandRow extends GroupSeries {
  readonly epoch: number
  readonly band: Band
}

const bandColumns: Columns<BandRow> = {
  arm: ({ group }) => group.name,
  metric: ({ metric }) => metric.id,
  epoch: ({ epoch }) => epoch,
  runs: ({ band }) => band.n,
  mean: ({ band }) => band.mean,
  band: ({ kind }) => kind,
  lower: ({ band }) => band.lower,
  upper: ({ band }) => band.upper,
}

const bandRows = (series: GroupSeries): BandRow[] =>
  series.bands.map((band, i) => ({ ...series, band, epoch: series.epochs[i] }))

/** Means and bands over seeds. */
export const bandsCsv = (series: readonly GroupSeries[]): string => csv(bandColumns, series.flatMap(bandRows))

interface MemberRow extends GroupSeries {
  readonly run: string
  readonly seed: number
  readonly epoch: number
  readonly value: number
}

const memberColumns: Columns<MemberRow> = {
  arm: ({ group }) => group.name,
  run: ({ run }) => run,
  seed: ({ seed }) => seed,
  metric: ({ metric }) => metric.id,
  epoch: ({ epoch }) => epoch,
  value: ({ value }) => value,
}

const memberRows = (series: GroupSeries): MemberRow[] =>
  series.members.flatMap(({ run, seed, values }) =>
    values.map((value, i) => ({ ...series, run, seed, value, epoch: series.epochs[i] })),
  )

/** The values of every run. */
export const membersCsv = (series: readonly GroupSeries[]): string => csv(memberColumns, series.flatMap(memberRows))

const finalColumns: Columns<FinalScore> = { arm: ({ group }) => group, ...estimateColumns(({ top1 }) => top1) }

/** Final top-1 of each arm with Student's t interval (95 %). */
export const finalsCsv = (scores: readonly FinalScore[]): string => csv(finalColumns, scores)

const differenceColumns: Columns<PairedDifference> = {
  reference: ({ reference }) => reference,
  arm: ({ group }) => group,
  ...estimateColumns(({ difference }) => difference),
  bootstrapLower: ({ bootstrapped }) => bootstrapped.lower,
  bootstrapUpper: ({ bootstrapped }) => bootstrapped.upper,
}

/** Paired differences of final top-1, reference − arm, with the bootstrap interval. */
export const differencesCsv = (pairs: readonly PairedDifference[]): string => csv(differenceColumns, pairs)

type FinalRun = FinalScore['runs'][number] & { readonly arm: string }

const finalRunColumns: Columns<FinalRun> = {
  arm: ({ arm }) => arm,
  run: ({ run }) => run,
  seed: ({ seed }) => seed,
  top1: ({ top1 }) => top1,
}

/** Final top-1 of each run. */
export const finalRunsCsv = (scores: readonly FinalScore[]): string =>
  csv(
    finalRunColumns,
    scores.flatMap(({ group, runs }) => runs.map((run) => ({ ...run, arm: group }))),
  )

interface ConfigRow {
  readonly key: string
  readonly run: string
  readonly value: unknown
}

const configColumns: Columns<ConfigRow> = {
  key: ({ key }) => key,
  run: ({ run }) => run,
  value: ({ value }) => JSON.stringify(value),
}

/** The configuration keys in which runs differ: a row for each key and run, values as JSON. */
export const configCsv = (differences: readonly Difference[], runs: readonly RunRecord[]): string =>
  csv(
    configColumns,
    differences.flatMap(({ key, values }) => values.map((value, i) => ({ key, run: runs[i].name, value }))),
  )

interface JudgedTerm {
  readonly claim: Claim
  readonly part: Part
  readonly condition: Condition
  readonly seed: SeedValue
  readonly term: Term
}

const claimColumns: Columns<JudgedTerm> = {
  claim: ({ claim }) => claim.id,
  verdict: ({ claim }) => claim.verdict,
  part: ({ part }) => part.name,
  partVerdict: ({ part }) => part.verdict,
  condition: ({ condition }) => condition.id,
  status: ({ condition }) => condition.status,
  seed: ({ seed }) => seed.seed,
  difference: ({ seed }) => seed.value,
  run: ({ term }) => term.run,
  what: ({ term }) => term.what,
  epoch: ({ term }) => term.epoch,
  value: ({ term }) => term.value,
}

const termsOf = (claim: Claim): JudgedTerm[] =>
  claim.parts.flatMap((part) =>
    part.conditions.flatMap((condition) =>
      condition.seeds.flatMap((seed) => seed.terms.map((term) => ({ claim, part, condition, seed, term }))),
    ),
  )

/** Every number behind a claim's conditions, a row for each measured value; `difference` is the number of the seed. */
export const claimsCsv = (claims: readonly Claim[]): string => csv(claimColumns, claims.flatMap(termsOf))
