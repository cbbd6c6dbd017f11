/** Formats numbers for display. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `25,557,032` */
export const count = (n: number): string => whole.format(n)

/** `1 image`, `2 images` */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1.5 GiB` */
export function bytes(n: number): string {
  const power = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log2(n) / 10))
  const value = n / 2 ** (10 * power)
  return `${value >= 100 || power === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[power]}`
}

/** Milliseconds as `2 h 05 min`, `3 min 20 s` or `12 s`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  const two = (n: number) => String(n).padStart(2, '0')
  if (hours > 0) return `${count(hours)} h ${two(minutes)} min`
  return minutes > 0 ? `${minutes} min ${two(seconds % 60)} s` : `${seconds} s`
}

/** A rate with one digit below 10 and none above: `4.3`, `43`, `1,234`. */
export const rate = (n: number): string => (n < 10 ? n.toFixed(1) : count(n))

/** α with a minus sign (U+2212) and at most three decimals: `−20`, `0`, `0.05`. */
export const alphaText = (alpha: number): string => String(Number(alpha.toFixed(3))).replace('-', '−')

/** With a minus sign (U+2212): `−0.017`; a power of ten from a million on: `3.7e16`; a dash for a value that is not finite. */
export function decimal(value: number, digits: number): string {
  if (!Number.isFinite(value)) return '–'
  const text = Math.abs(value) < 1e6 ? value.toFixed(digits) : value.toExponential(1).replace('e+', 'e')
  return text.replace('-', '−')
}

/** A share or an index without its leading zero: `.41` */
export const index = (value: number): string => decimal(value, 2).replace(/^(−?)0\./, '$1.')
