/** Turns the numbers of seeds into a verdict. The rules are the same for every claim. */
import { type Estimate, estimate } from '../interval.ts'

export type Verdict = 'holds' | 'contradicted' | 'not yet' | 'too few seeds'

/** Fewer seeds give no verdict, since an interval over two seeds rests on a single difference. */
export const minimumSeeds = 3

/** A measured value that went into a seed's number, and when it was measured. */
export interface Term {
  readonly run: string
  /** The name of the value, for instance "early peak" or "end". */
  readonly what: string
  readonly epoch: number
  readonly value: number
}

/** A seed's number and the terms it was computed from. */
export interface SeedValue {
  readonly seed: number
  readonly value: number
  readonly terms: readonly Term[]
}

/** A quantity that the claim says is above 0, over seeds. */
export interface Condition {
  readonly id: string
  /** The quantity in words, for instance "SI − floor at the early peak minus at the end". */
  readonly text: string
  /** points: a difference of accuracies between −1 and 1, shown in percentage points. */
  readonly unit: '' | 'points'
  /** False for a quantity that is reported but does not affect the verdict. */
  readonly decides: boolean
  readonly seeds: readonly SeedValue[]
  /** Mean and 95 % interval over seeds, Student's t. */
  readonly estimate: Estimate
  /** The interval lies above 0, below 0, or contains 0; unknown with too few seeds. */
  readonly status: 'met' | 'refuted' | 'open' | 'unknown'
}

/** A claim about one module, measure or strength. */
export interface Part {
  readonly name: string
  readonly verdict: Verdict
  /** The reason for the verdict, in one or more sentences. */
  readonly because: string
  readonly conditions: readonly Condition[]
  /** Limits of the data behind the verdict. */
  readonly cautions: readonly string[]
}

function statusOf({ n, lower, upper }: Estimate): Condition['status'] {
  if (n < minimumSeeds) return 'unknown'
  if (lower > 0) return 'met'
  return upper < 0 ? 'refuted' : 'open'
}

/** A condition over the seeds that have a finite number. */
export function conditionOf(
  {
    id,
    text,
    unit = '',
    decides = true,
  }: Pick<Condition, 'id' | 'text'> & Partial<Pick<Condition, 'unit' | 'decides'>>,
  all: readonly SeedValue[],
): Condition {
  const seeds = all.filter(({ value }) => Number.isFinite(value))
  const own = estimate(seeds.map(({ value }) => value))
  return { id, text, unit, decides, seeds, estimate: own, status: statusOf(own) }
}

/** As in 0.123 or −0.045; accuracies in percentage points. */
const number = (value: number, { unit }: Condition): string =>
  (unit === 'points' ? (100 * value).toFixed(2) : value.toFixed(3)).replace('-', '−')

/** "text: 0.213 (95 % 0.101 to 0.325, 3 seeds)". */
export function sentenceOf(condition: Condition): string {
  const { n, mean, lower, upper } = condition.estimate
  const unit = condition.unit === 'points' ? ' percentage points' : ''
  if (n === 0) return `${condition.text}: no data`
  const range = n < 2 ? '' : `95 % ${number(lower, condition)} to ${number(upper, condition)}, `
  return `${condition.text}: ${number(mean, condition)}${unit} (${range}${n} ${n === 1 ? 'seed' : 'seeds'})`
}

const sentences = (conditions: readonly Condition[]) => conditions.map(sentenceOf).join('; ')

function reasoned(conditions: readonly Condition[], missing: string): Pick<Part, 'verdict' | 'because'> {
  const deciding = conditions.filter(({ decides }) => decides)
  const n = Math.min(...deciding.map(({ estimate: { n } }) => n))
  const known = deciding.filter(({ estimate: { n } }) => n > 0)
  if (n === 0 || deciding.length === 0) {
    const rest = known.length > 0 ? ` Known so far: ${sentences(known)}.` : ''
    return { verdict: 'not yet', because: `${missing}${rest}` }
  }
  if (n < minimumSeeds) {
    return {
      verdict: 'too few seeds',
      because: `There are ${n} of the ${minimumSeeds} seeds that a verdict needs. So far: ${sentences(known)}. ${missing}`,
    }
  }
  const by = (status: Condition['status']) => deciding.filter((condition) => condition.status === status)
  const [refuted, open] = [by('refuted'), by('open')]
  if (refuted.length > 0) return { verdict: 'contradicted', because: `Below 0: ${sentences(refuted)}.` }
  if (open.length > 0) {
    return { verdict: 'not yet', because: `The interval contains 0; more seeds may narrow it: ${sentences(open)}.` }
  }
  return { verdict: 'holds', because: `Above 0: ${sentences(deciding)}.` }
}

/**
 * Judges the conditions that decide, in this order: too few seeds when one has fewer than three; contradicted when one is
 * refuted; not yet when one is open; else the claim holds. `missing`: a sentence on what to run when numbers are missing.
 */
export const judge = (
  name: string,
  conditions: readonly Condition[],
  missing: string,
  cautions: readonly string[] = [],
): Part => ({ name, ...reasoned(conditions, missing), conditions, cautions })

const verdicts: readonly Verdict[] = ['holds', 'contradicted', 'not yet', 'too few seeds']

const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`

/**
 * The verdict of a claim with several parts: contradicted when one part is, holds when all parts hold. `nothing`: a sentence
 * on what to run when numbers are missing.
 */
export function together(parts: readonly Part[], nothing: string): Pick<Part, 'verdict' | 'because'> {
  if (parts.length === 0) return { verdict: 'not yet', because: nothing }
  const named = (verdict: Verdict) => parts.filter((part) => part.verdict === verdict).map(({ name }) => name)
  const summary = verdicts
    .filter((verdict) => named(verdict).length > 0)
    .map((verdict) => `${verdict}: ${listed(named(verdict))}`)
  const because = [...new Set(parts.map((part) => part.because))]
  const lacking = because.some((own) => own.includes(nothing)) ? ` ${nothing}` : ''
  const sentence = because.length === 1 ? because[0] : `By part – ${summary.join('; ')}.${lacking}`
  const is = (verdict: Verdict) => named(verdict).length
  if (is('contradicted') > 0) return { verdict: 'contradicted', because: sentence }
  if (is('holds') === parts.length) return { verdict: 'holds', because: sentence }
  return { verdict: is('too few seeds') > 0 ? 'too few seeds' : 'not yet', because: sentence }
}
