/** Texts and links of a claim's card. */
import type { Condition, Part } from '../../experiments/claims/judge.ts'
import { type Claim, checkClaims } from '../../experiments/claims.ts'
import { linearityMeasures, type Metric } from '../../experiments/metrics.ts'
import type { RunRecord } from '../../experiments/record.ts'

/** The four claims, judged on the given runs. */
export const claimsOf = (runs: readonly RunRecord[]): Claim[] => checkClaims(runs)

const prefixes = { selectivity: 'aboveFloor', ablation: 'extraHarm' } as const

/** The metric that a claim or one of its parts is judged by; undefined if no run has it. */
export function metricBehind({ chart }: Claim, part: Part | undefined, metrics: readonly Metric[]): Metric | undefined {
  const named = (id: string) => metrics.find((metric) => metric.id === id)
  switch (chart) {
    case 'final accuracy':
      return named('top1')
    case 'linearity':
      return named(part?.conditions[0]?.id ?? '') ?? linearityMeasures.map(named).find(Boolean)
    case 'selectivity':
    case 'ablation':
      return named(`${prefixes[chart]}/${part?.name}`) ?? metrics.find(({ id }) => id.startsWith(prefixes[chart]))
    default:
      return chart satisfies never
  }
}

const number = (value: number, { unit }: Condition): string =>
  (unit === 'points' ? (100 * value).toFixed(2) : value.toFixed(3)).replace('-', '−')

/** The effect as text: `0.213`, or `4.20 points`. */
export const effectText = (condition: Condition): string =>
  condition.estimate.n === 0
    ? 'not known'
    : `${number(condition.estimate.mean, condition)}${condition.unit === 'points' ? ' points' : ''}`

/** The interval as text: `0.101 to 0.325`, or a dash for fewer than two seeds. */
export const intervalText = (condition: Condition): string =>
  condition.estimate.n < 2
    ? '–'
    : `${number(condition.estimate.lower, condition)} to ${number(condition.estimate.upper, condition)}`

export const statusText: Readonly<Record<Condition['status'], string>> = {
  met: 'above 0',
  refuted: 'below 0',
  open: 'contains 0',
  unknown: 'too few seeds',
}
