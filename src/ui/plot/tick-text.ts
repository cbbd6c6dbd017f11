/** Numbers beside ticks. Constant functions: a plot draws its axis again for another function. */

export const twoDigits = (value: number): string => value.toFixed(2).replace('-', '−')

/** Three significant digits without zeros at the end; a power of ten from a million on, such as `2e16`. */
export function threeDigits(value: number): string {
  const rounded = Number(value.toPrecision(3))
  const [digits, power] = rounded.toExponential().split('e+')
  return (Math.abs(rounded) < 1e6 ? String(rounded) : `${digits}e${power}`).replace('-', '−')
}
