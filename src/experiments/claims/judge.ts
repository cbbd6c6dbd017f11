/** From numbers of seeds to a verdict. The rules are the same for every claim. */
import { type Estimate, estimate } from '../interval.ts'

export type Verdict = 'holds' | 'contradicted' | 'not yet' | 'too few seeds'

/** Fewer seeds give no verdict: an interval over two rests on a single difference. */
export const minimumSeeds = 3

/** A measured value that went into a seed's number, and when it was measured. */
export interface Term {
  readonly run: string
  /** What it is: "early peak", "end" … */
  readonly what: string
  readonly epoch: number
  readonly value: number
}

/** A seed's number, and what it was made of. */
export interface SeedValue {
  readonly seed: number
  readonly value: number
  readonly terms: readonly Term[]
}

/** Something that the claim says is above 0, over seeds. */
export interface Condition {
  readonly id: string
  /** The quantity in words, for instance "SI − floor at the early peak, less that at the end". */
  readonly text: string
  /** points: a difference of accuracies between −1 and 1, shown in percentage points. */
  readonly unit: '' | 'points'
  /** False for what is told and does not decide. */
  readonly decides: boolean
  readonly seeds: readonly SeedValue[]
  /** Mean and 95 % interval over seeds, Student's t. */
  readonly estimate: Estimate
  /** By the interval: wholly above 0, wholly below, across it; unknown with too few seeds. */
  readonly status: 'met' | 'refuted' | 'open' | 'unknown'
}

/** A claim about one module, measure or strength. */
export interface Part {
  readonly name: string
  readonly verdict: Verdict
  /** Why, in a sentence or a few. */
  readonly because: string
  readonly conditions: readonly Condition[]
  /** What a reader of the verdict should know. */
  readonly cautions: readonly string[]
}

function statusOf({ n, lower, upper }: Estimate): Condition['status'] {
  if (n < minimumSeeds) return 'unknown'
  if (lower > 0) return 'met'
  return upper < 0 ? 'refuted' : 'open'
}

/** A condition over the seeds whose numbers are finite. */
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

/** 0.123, −0.045; accuracies as percentage points. */
const number = (value: number, { unit }: Condition): string =>
  (unit === 'points' ? (100 * value).toFixed(2) : value.toFixed(3)).replace('-', '−')

/** "text: 0.213 (95 % 0.101 to 0.325, 3 seeds)". */
export function sentenceOf(condition: Condition): string {
  const { n, mean, lower, upper } = condition.estimate
  const unit = condition.unit === 'points' ? ' percentage points' : ''
  if (n === 0) return `${condition.text}: not known`
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
      because: `${n} of the ${minimumSeeds} seeds that a verdict needs. So far: ${sentences(known)}. ${missing}`,
    }
  }
  const by = (status: Condition['status']) => deciding.filter((condition) => condition.status === status)
  const [refuted, open] = [by('refuted'), by('open')]
  if (refuted.length > 0) return { verdict: 'contradicted', because: `Below 0: ${sentences(refuted)}.` }
  if (open.length > 0) {
    return { verdict: 'not yet', because: `The interval holds 0, and more seeds may narrow it: ${sentences(open)}.` }
  }
  return { verdict: 'holds', because: `Above 0: ${sentences(deciding)}.` }
}

/**
 * Too few seeds with fewer than three for some condition; contradicted where one is refuted; holds where all are met;
 * else not yet. missing: a sentence on what to run where numbers are lacking.
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

/** A claim of several parts: contradicted where one is, holds where all do. nothing: what to run where numbers are lacking. */
export function together(parts: readonly Part[], nothing: string): Pick<Part, 'verdict' | 'because'> {
  if (parts.length === 0) return { verdict: 'not yet', because: nothing }
  const named = (verdict: Verdict) => parts.filter((part) => part.verdict === verdict).map(({ name }) => name)
  const told = verdicts
    .filter((verdict) => named(verdict).length > 0)
    .map((verdict) => `${verdict}: ${listed(named(verdict))}`)
  const because = [...new Set(parts.map((part) => part.because))]
  const lacking = because.some((own) => own.includes(nothing)) ? ` ${nothing}` : ''
  const sentence = because.length === 1 ? because[0] : `By part – ${told.join('; ')}.${lacking}`
  const is = (verdict: Verdict) => named(verdict).length
  if (is('contradicted') > 0) return { verdict: 'contradicted', because: sentence }
  if (is('holds') === parts.length) return { verdict: 'holds', because: sentence }
  return { verdict: is('too few seeds') > 0 ? 'too few seeds' : 'not yet', because: sentence }
}
