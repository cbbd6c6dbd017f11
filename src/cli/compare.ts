/** `compare DIR…`: writes the comparison of arms as tables and prints final accuracies. */
import { join } from 'node:path'
import { windowsOf } from '../experiments/claims/runs.ts'
import {
  bandKinds,
  compareSeries,
  finalScores,
  type PairedDifference,
  pairedDifferences,
} from '../experiments/compare.ts'
import { bandsCsv, configCsv, differencesCsv, finalRunsCsv, finalsCsv, membersCsv } from '../experiments/csv.ts'
import { configDifferences, groupRuns, type RunGroup } from '../experiments/groups.ts'
import type { Estimate } from '../experiments/interval.ts'
import { type Metric, metricsOf } from '../experiments/metrics.ts'
import type { RunRecord } from '../experiments/record.ts'
import { asUsageError, choices, parseArgsWithPaths, UsageError } from './arguments.ts'
import { readRuns } from './experiment-runs.ts'
import { resultFolder } from './find-runs.ts'
import { compareFlags } from './flags.ts'
import { print, say } from './terminal.ts'
import { writeResult } from './write-result.ts'

/** Returns the metrics with these ids, or with ids that begin with NAME/; all metrics without a list. Throws UsageError. */
function chosenMetrics(runs: readonly RunRecord[], list: string | undefined): Metric[] {
  const all = metricsOf(runs)
  if (list === undefined) return all
  return list.split(',').flatMap((name) => {
    const found = all.filter(({ id }) => id === name.trim() || id.startsWith(`${name.trim()}/`))
    if (found.length > 0) return found
    throw new UsageError(`unknown metric: ${name} (have ${all.map(({ id }) => id).join(', ')})`)
  })
}

/** Returns the arm to compare with: the named one, otherwise one without regularizer, otherwise the first. */
const referenceOf = (groups: readonly RunGroup[], name: string | undefined): string =>
  name ?? (groups.find(({ runs }) => windowsOf(runs[0]).length === 0) ?? groups[0]).name

/** Says that there is no second arm; throws UsageError where the user named the one to compare with. */
function requireSeveral(groups: readonly RunGroup[], reference: string | undefined): void {
  if (groups.length > 1) return
  const [{ name, runs }] = groups
  const text = `the only arm is ${name}, of ${runs.length === 1 ? '1 run' : `${runs.length} runs`}, so there is no other to compare it with`
  if (reference !== undefined) throw new UsageError(`--reference ${reference} needs two arms: ${text}`)
  say(`Note: ${text}.`)
}

const percent = (value: number) => (100 * value).toFixed(2)

const range = ({ n, lower, upper }: Estimate) =>
  `${n} ${n === 1 ? 'seed' : 'seeds'}${n < 2 ? '' : `, 95 % ${percent(lower)} to ${percent(upper)}`}`

const pairText = ({ group, reference, difference }: PairedDifference) =>
  `${reference} − ${group}: ${percent(difference.mean)} points (${range(difference)})`

export async function compare(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, compareFlags)
  const [band] = choices(values.band, 'band', bandKinds, ['interval'])
  const runs = await readRuns(positionals)
  const groups = groupRuns(runs)
  const series = chosenMetrics(runs, values.metric).flatMap((metric) => compareSeries(groups, metric, band))
  const scores = finalScores(groups)
  requireSeveral(groups, values.reference)
  const pairs = asUsageError(() => pairedDifferences(groups, referenceOf(groups, values.reference)))
  const differences = configDifferences(runs)
  const files = {
    'compare-bands.csv': bandsCsv(series),
    'compare-runs.csv': membersCsv(series),
    'compare-final.csv': finalsCsv(scores),
    'compare-final-runs.csv': finalRunsCsv(scores),
    'compare-differences.csv': differencesCsv(pairs),
    'compare-configurations.csv': configCsv(differences, runs),
  }
  const written = Object.entries(files).map(([name, text]) => {
    const path = join(resultFolder(positionals), name)
    writeResult(path, text)
    say(`Written: ${path}`)
    return path
  })
  const arms = groups.map(({ name, runs: members }) => ({ name, runs: members.map((run) => run.name) }))
  if (values.json)
    print(JSON.stringify({ arms, final: scores, differences: pairs, configurations: differences, files: written }))
  else {
    const finals = scores.map(({ group, top1 }) => `${group}: top-1 ${percent(top1.mean)} % (${range(top1)})`)
    print([...finals, ...pairs.map(pairText)].join('\n'))
  }
  return 0
}
