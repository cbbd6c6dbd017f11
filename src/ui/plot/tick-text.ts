/** Numbers beside ticks. Constant functions: a plot draws its axis again for another function. */

export const twoDigits = (value: number): string => value.toFixed(2).replace('-', '−')

/** Three significant digits without zeros at the end. */
export const threeDigits = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−')
