/** A number with fixed decimals; a dash where there is none, such as the correlation of a constant. */
export const fixed = (value: number | null, digits = 3): string =>
  value === null || Number.isNaN(value) ? '–' : value.toFixed(digits)
