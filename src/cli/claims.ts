/** `claims DIR…`: judges the paper's claims on the runs of folders. */
import { join } from 'node:path'
import { type Part, sentenceOf } from '../experiments/claims/judge.ts'
import { verdictRules } from '../experiments/claims/texts.ts'
import { type Claim, checkClaims } from '../experiments/claims.ts'
import { claimsCsv } from '../experiments/csv.ts'
import { parseArgsWithPaths } from './arguments.ts'
import { readRuns } from './experiment-runs.ts'
import { resultFolder } from './find-runs.ts'
import { claimsFlags } from './flags.ts'
import { print, say } from './terminal.ts'
import { writeResult } from './write-result.ts'

const partText = ({ name, verdict, conditions, cautions }: Part): string[] => [
  `  ${name}: ${verdict}`,
  ...conditions.map((condition) => `    ${sentenceOf(condition)}`),
  ...cautions.map((caution) => `    Note: ${caution}`),
]

const claimText = ({ title, statement, rule, verdict, because, parts, runs, leftOut, chart }: Claim): string =>
  [
    `${title}: ${verdict.toUpperCase()}`,
    `  Claim: ${statement}`,
    `  Why: ${because}`,
    ...rule.map((sentence) => `  Rule: ${sentence}`),
    ...parts.flatMap(partText),
    `  Runs: ${runs.join(', ') || 'none'}; chart: ${chart}`,
    ...leftOut.map(({ run, reason }) => `  Left out: ${run}: ${reason}`),
  ].join('\n')

export async function claims(args: string[]): Promise<number> {
  const { values, positionals } = parseArgsWithPaths(args, claimsFlags)
  const found = checkClaims(await readRuns(positionals))
  const path = join(resultFolder(positionals), 'claims.csv')
  writeResult(path, claimsCsv(found))
  say(`Written: ${path}`)
  if (values.json) print(JSON.stringify({ rules: verdictRules, claims: found, file: path }))
  else print([...verdictRules, ...found.map(claimText)].join('\n\n'))
  return 0
}
