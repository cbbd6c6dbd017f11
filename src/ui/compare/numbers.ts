/** Numbers of comparisons as text. */
import type { BandKind } from '../../experiments/compare.ts'
import type { Estimate } from '../../experiments/interval.ts'

export type Range = Pick<Estimate, 'lower' | 'upper'>

export const bandLabels: Readonly<Record<BandKind, string>> = {
  none: 'no band',
  range: 'range of the seeds',
  deviation: '± standard deviation',
  interval: '95 % interval',
}

const decimals = (value: number) =>
  Math.abs(value) < 0.01 && value !== 0 ? String(Number(value.toPrecision(2))) : value.toFixed(3)

/** A value as text: a share in per cent as `46.1`, others as `0.213`, small values with two significant digits as `0.0042`. */
export const amount = (value: number, unit: string): string =>
  (unit === 'share' ? (100 * value).toFixed(1) : decimals(value)).replace('-', '−')

export const rangeText = ({ lower, upper }: Range, unit: string): string =>
  Number.isFinite(lower) ? `${amount(lower, unit)} to ${amount(upper, unit)}` : ''
